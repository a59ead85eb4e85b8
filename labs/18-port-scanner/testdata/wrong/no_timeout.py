# No timeout: a filtered port blocks for minutes. One port at a time.
# fails: filtered hang hangs-on-filtered
# fails: parallel wrong one-at-a-time
# fails: no-such-host crash no-such-host
import sys
from socket import *
for port in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
    s = socket()
    if s.connect_ex((gethostbyname(sys.argv[1]), port)) == 0:
        print("Port", port, "is open")
    s.close()
