# The share that came is called loss.
# fails: stats wrong loss-inverted
import time
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(1)
times = []
for i in range(1, 11):
    start = time.time()
    s.sendto(f'Ping {i} {start}'.encode(), ('localhost', 12000))
    try:
        data = s.recv(1024)
        while data.split()[1] != str(i).encode():
            data = s.recv(1024)
        times.append(time.time() - start)
        print(data.decode(), f'RTT = {times[-1]:.4f}')
    except timeout:
        print('Request timed out')
n = len(times)
print(f"Packet loss: {n / 10}")
if n: print(f"min {min(times):.4f} max {max(times):.4f} avg {sum(times) / n:.4f}")
