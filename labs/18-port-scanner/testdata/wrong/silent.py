# A scanner of its own list of ports that says nothing at all.
# fails: open wrong nothing-printed
# fails: closed wrong nothing-printed
# fails: filtered wrong nothing-printed
# fails: parallel wrong one-at-a-time
from socket import *
found = []
for port in (21, 22, 23, 25, 53, 80, 110, 143, 443):
    s = socket()
    s.settimeout(2)
    if s.connect_ex(("127.0.0.1", port)) == 0:
        found.append(port)
    s.close()
