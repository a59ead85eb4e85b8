# The timeout is a fifth of what it should be.
# fails: slow wrong impatient
# may: rtt stats lost late
import time
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(0.2)
for i in range(1, 11):
    start = time.time()
    s.sendto(f'Ping {i} {start}'.encode(), ('127.0.0.1', 12000))
    try:
        print(s.recv(1024).decode(), time.time() - start)
    except timeout:
        print('Request timed out')
    time.sleep(0.1)
