"""The receiver of go-back-N: receiver.py [PORT FILE]. See handout.md."""
import sys
from socket import *

port, name = sys.argv[1:] if len(sys.argv) == 3 else ("15000", "output.bin")
link = socket(AF_INET, SOCK_DGRAM)
link.bind(("", int(port)))
expected = 0
file = open(name, "wb")
while True:
    packet, sender = link.recvfrom(2048)
    # 1. Is it whole? Compute the checksum.
    # 2. If it is the packet that is expected, write its data, and expect the next.
    # 3. Acknowledge the last packet that came in order, whatever this one was.
    # 4. A packet without data is the end: close the file, and stay for two seconds more.
