# Division by what has come, which may be nothing; and as percent of what was received.
# fails: stats wrong loss-of-received
# fails: all-lost crash dies-of-all-lost
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
print(f"loss {(10 - n) / n * 100}%, min {min(times):.4f} max {max(times):.4f} avg {sum(times) / n:.4f}")
