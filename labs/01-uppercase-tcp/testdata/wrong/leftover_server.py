# The whole buffer goes back, as C's strlen() has it, with what an earlier sentence has left in it.
# fails: again wrong uppercase.leftover
# fails: two-segments wrong half-sentence
# may: no-sentence long
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.bind(('', 12000))
s.listen(1)
buffer = bytearray(1024)
while True:
    c, a = s.accept()
    c.recv_into(buffer)
    c.sendall(buffer.rstrip(b'\0').decode(errors='replace').upper().encode())
    c.close()
