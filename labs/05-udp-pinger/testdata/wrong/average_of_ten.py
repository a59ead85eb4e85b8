# The average over all ten, lost ones as zero.
# fails: stats wrong average-of-ten
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
print(f"{100 - 10 * n}% loss")
if n: print(f"rtt min/avg/max = {min(times) * 1000:.1f}/{sum(times) * 100:.1f}/{max(times) * 1000:.1f} ms")
