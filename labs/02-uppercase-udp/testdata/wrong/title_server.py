# title() is not upper().
# fails: * wrong uppercase.not-all
# fails: utf8 wrong uppercase.charset
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.bind(('', 12000))
while True:
    m, a = s.recvfrom(2048)
    s.sendto(m.decode('latin-1').title().encode(), a)
