# Seconds times a hundred are no milliseconds.
# fails: rtt wrong rtt-factor
# fails: stats wrong no-statistics
# fails: late wrong late-reply
import time
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(1)
for i in range(1, 11):
    start = time.time()
    s.sendto(f'Ping {i} {start}'.encode(), ('127.0.0.1', 12000))
    try:
        data = s.recv(1024)
        print(data.decode(), 'RTT: %.2f ms' % ((time.time() - start) * 100))
    except timeout:
        print('Request timed out')
