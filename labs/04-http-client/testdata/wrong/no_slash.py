# The path begins with a slash.
# fails: request wrong no-slash
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('127.0.0.1', 80))
s.send(b'GET index.html HTTP/1.0\r\nHost: localhost\r\n\r\n')
print(s.makefile(errors='replace').read())
