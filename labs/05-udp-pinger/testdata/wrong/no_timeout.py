# No timeout: the first loss is the end.
# fails: lost hang hangs-on-loss
# fails: stats hang hangs-on-loss
# fails: late hang hangs-on-loss
# fails: all-lost hang hangs-on-loss
import time
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
times = []
for i in range(10):
    start = time.time()
    s.sendto(f'PING {i} {start}\r\n'.encode(), ('127.0.0.1', 12000))
    data, server = s.recvfrom(1024)
    times.append(time.time() - start)
    print(data.decode(), times[-1])
print('0% loss', min(times), max(times), sum(times) / 10)
