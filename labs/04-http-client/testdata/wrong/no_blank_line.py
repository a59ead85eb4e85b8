# Without the empty line, a server waits for more.
# fails: request wrong no-blank-line
# fails: chunked wrong chunk-sizes
# fails: keep-alive hang waits-for-close
import sys
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('127.0.0.1', 6789))
s.send(b'GET /HelloWorld.html HTTP/1.1\r\nHost: localhost\r\n')
with s.makefile(errors='replace') as f:
    print(f.read())
