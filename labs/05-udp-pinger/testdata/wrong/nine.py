# range(1, 10) is nine.
# fails: * wrong count
import time
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(1)
for i in range(1, 10):
    start = time.time()
    s.sendto(f'Ping {i} {start}'.encode(), ('127.0.0.1', 12000))
    try:
        print(s.recv(1024).decode(), time.time() - start)
    except timeout:
        print('Request timed out')
