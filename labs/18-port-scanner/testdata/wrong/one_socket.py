# One socket for all ports: after the first that is open, it is connected.
# fails: * wrong one-socket
# fails: no-such-host pass
# fails: parallel wrong one-at-a-time
import sys
from socket import *
host, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
try:
    host = gethostbyname(host)
except gaierror:
    sys.exit("no such host")
s = socket()
s.settimeout(2)
for port in range(first, last + 1):
    try:
        s.connect((host, port))
        print("Port", port, "open")
    except OSError:
        print("Port", port, "closed")
