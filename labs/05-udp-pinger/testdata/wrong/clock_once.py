# The clock is read once, before the loop.
# fails: rtt wrong rtt-grows
# fails: stats wrong no-statistics
# fails: late wrong late-reply
import time
from socket import *

s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(1)
start = time.time()
for i in range(1, 11):
    s.sendto(f'Ping {i} {time.time()}'.encode(), ('127.0.0.1', 12000))
    try:
        reply, _ = s.recvfrom(1024)
        print(reply.decode(), 'RTT', time.time() - start)
    except timeout:
        print('Request timed out')
