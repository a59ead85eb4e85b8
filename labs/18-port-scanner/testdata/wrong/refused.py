# connect() raises an exception when nobody listens.
# fails: * crash mistake.crash-refused
# fails: parallel wrong one-at-a-time
# fails: no-such-host crash no-such-host
import sys
from socket import *
host, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for port in range(first, last + 1):
    s = socket()
    s.settimeout(10)
    s.connect((host, port))
    print(port, "open")
