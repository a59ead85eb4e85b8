# As most are: right, with the connection's end for the response's.
# fails: chunked wrong chunk-sizes
# fails: keep-alive hang waits-for-close
# fails: not-text crash dies-of-picture
# fails: host wrong no-host
import sys
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect((sys.argv[1], int(sys.argv[2])))
s.send(('GET /' + sys.argv[3] + ' HTTP/1.1\r\n\r\n').encode())
response = b''
while True:
    data = s.recv(1024)
    if not data:
        break
    response += data
print(response.decode())
