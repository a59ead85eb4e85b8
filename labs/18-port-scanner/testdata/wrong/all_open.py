# connect_ex() returns an error number, and 0 is success: the test is the wrong way round.
# fails: open wrong open-missed
# fails: closed wrong closed-called-open
# fails: filtered wrong filtered-called-open
# fails: parallel wrong one-at-a-time
import sys
from socket import *
setdefaulttimeout(2)
try:
    ip = gethostbyname(sys.argv[1])
except gaierror as e:
    sys.exit(str(e))
for port in range(int(sys.argv[2]), int(sys.argv[3]) + 1):
    s = socket()
    if s.connect_ex((ip, port)):
        print(port, "open")
    s.close()
