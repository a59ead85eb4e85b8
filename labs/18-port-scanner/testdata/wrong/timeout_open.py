# What is not refused is taken for open, a timeout too.
# fails: filtered wrong filtered-called-open
import sys, threading
from socket import *
target = "192.0.2.7"
open_ports = []
def scan(port):
    s = socket()
    s.settimeout(5)
    try:
        s.connect((target, port))
        open_ports.append(port)
    except ConnectionRefusedError:
        pass
    except timeout:
        open_ports.append(port)
    s.close()
threads = [threading.Thread(target=scan, args=(p,)) for p in range(1, 101)]
for t in threads: t.start()
for t in threads: t.join()
print("Open ports:", sorted(open_ports))
