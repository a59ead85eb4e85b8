# The whole buffer goes back, with what an earlier sentence has left in it.
# fails: again wrong uppercase.leftover
# may: two-clients empty not-text utf8 sentence long
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.bind(('', 12000))
buffer = bytearray(2048)
while True:
    n, a = s.recvfrom_into(buffer)
    s.sendto(buffer.rstrip(b'\0').decode(errors='replace').upper().encode(), a)
