# A timeout that nobody catches; and a port of its own, so that it looks like a server.
# fails: client-lost crash mistake.crash-timeout
# fails: client-stranger wrong stranger
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.bind(('', 12001))
s.settimeout(2)
s.sendto(input('Enter text: ').encode(), ('127.0.0.1', 12000))
print('Answer:', s.recvfrom(2048)[0].decode())
