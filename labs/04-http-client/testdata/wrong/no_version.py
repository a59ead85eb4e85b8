# A request line has three words.
# fails: request wrong request-line
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('127.0.0.1', 80))
s.send(b'GET /index.html\r\n\r\n')
print(s.makefile(errors='replace').read())
