# A datagram socket.
# fails: * wrong mistake.transport
from socket import *
server = socket(AF_INET, SOCK_DGRAM)
server.bind(("", 6789))
while True:
    data, peer = server.recvfrom(2048)
    server.sendto(b"HTTP/1.1 200 OK\r\n\r\n", peer)
