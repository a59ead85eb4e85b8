# The source's indentation is sent, too.
# fails: request wrong header-line
# fails: chunked wrong chunk-sizes
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('127.0.0.1', 80))
s.send('''GET /index.html HTTP/1.1
          Host: localhost
          Connection: close

'''.replace('\n', '\r\n').encode())
print(s.makefile(errors='replace').read())
