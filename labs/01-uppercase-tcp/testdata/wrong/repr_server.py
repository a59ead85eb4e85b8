# str() of bytes is what Python prints for them.
# fails: * wrong uppercase.repr
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.bind(('', 12000))
s.listen(1)
while True:
    c, a = s.accept()
    with c, c.makefile('rwb') as f:
        f.write(str(f.readline()).replace('b', 'B', 0).encode())
