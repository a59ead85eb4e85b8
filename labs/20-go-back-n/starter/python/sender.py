"""The sender of go-back-N: sender.py [HOST PORT FILE]. See handout.md."""
import struct
import sys
from socket import *

DATA, ACK = 1, 2
TIMER = 0.5  # seconds


def checksum(packet):
    """The Internet checksum: the ones' complement of the ones' complement sum of all 16-bit words."""
    # 1. Add up the words (an odd byte at the end counts as if a 0 followed), bring what is above 16 bits back in, and invert.
    return 0


def make(kind, number, data=b""):
    """A packet."""
    header = struct.pack("!BBH", kind, number, 0)
    return struct.pack("!BBH", kind, number, checksum(header + data)) + data


host, port, name = sys.argv[1:] if len(sys.argv) == 4 else ("localhost", "15000", "input.bin")
with open(name, "rb") as file, socket(AF_INET, SOCK_DGRAM) as link:
    data = file.read(512)
    link.sendto(make(DATA, 0, data), (host, int(port)))
    # 2. Wait for the ACK, at most until the timer is over; then send again.
    # 3. Is what has come whole, an ACK, and for a packet that is on its way? If not, go on waiting.
    # 4. The next packet has the number (number + 1) % 256.
    # 5. At the end of the file send a packet without data, and have it acknowledged, too.
