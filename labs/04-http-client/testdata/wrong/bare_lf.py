# A line ends with two characters.
# fails: request wrong bare-lf
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('127.0.0.1', 80))
s.send(b'GET /index.html HTTP/1.0\nHost: localhost\n\n')
print(s.makefile(errors='replace').read())
