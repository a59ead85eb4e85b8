# A timeout that nobody catches.
# fails: lost crash mistake.crash-timeout
# fails: stats crash mistake.crash-timeout
# fails: late crash mistake.crash-timeout
# fails: all-lost crash mistake.crash-timeout
import time
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(1)
for i in range(1, 11):
    start = time.time()
    s.sendto(f'ping {i} {start}'.encode(), ('127.0.0.1', 12000))
    data, server = s.recvfrom(1024)
    print(data.decode(), time.time() - start)
