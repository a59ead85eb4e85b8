# A datagram that does not fit the buffer is cut.
# fails: long wrong small-buffer
# fails: empty wrong dies-of-empty
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.bind(('', 12000))
while True:
    m, a = s.recvfrom(1024)
    if not m:
        break
    s.sendto(m.upper(), a)
