# The sleep between the pings is measured, too.
# fails: rtt wrong rtt-with-sleep
# fails: stats wrong no-statistics
# may: late
import time
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(1)
for i in range(1, 11):
    start = time.time()
    s.sendto(f'Ping {i} {start}'.encode(), ('127.0.0.1', 12000))
    try:
        data = s.recv(1024)
        time.sleep(1)
        print(data.decode(), 'RTT: %.3f s' % (time.time() - start))
    except timeout:
        print('Request timed out')
