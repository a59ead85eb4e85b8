# The UDP server in the TCP exercise.
# fails: * wrong mistake.transport
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.bind(('', 12000))
while True:
    m, a = s.recvfrom(2048)
    s.sendto(m.decode().upper().encode(), a)
