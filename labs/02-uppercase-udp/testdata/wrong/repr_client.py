# str() of bytes is what Python prints for them.
# fails: * wrong uppercase.repr
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(1)
sentence = input('Server name or sentence? ').encode()
s.sendto(str(sentence).encode(), ('localhost', 12000))
print(s.recvfrom(2048)[0])
