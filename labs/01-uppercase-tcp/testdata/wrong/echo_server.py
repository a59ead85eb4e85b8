# upper() returns a new string; the old one is sent.
# fails: * wrong uppercase.echo
# fails: two-segments wrong uppercase.echo
# fails: long wrong uppercase.echo
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.bind(('', 12000))
s.listen(1)
while True:
    c, a = s.accept()
    with c, c.makefile('rwb') as f:
        text = f.readline().decode()
        text.upper()
        f.write(text.encode())
