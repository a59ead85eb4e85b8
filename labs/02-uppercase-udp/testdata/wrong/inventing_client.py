# It prints its own capitals, whatever comes, and whether anything comes.
# fails: client-reply wrong uppercase.not-printed
# fails: client-lost wrong invented
from socket import *
c = socket(AF_INET, SOCK_DGRAM)
c.settimeout(2)
m = input('Input lowercase sentence: ')
c.sendto(m.encode(), ('localhost', 12000))
try:
    c.recvfrom(2048)
except timeout:
    pass
print('From server:', m.upper())
