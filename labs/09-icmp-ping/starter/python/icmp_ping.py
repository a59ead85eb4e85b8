"""An ICMP pinger. See handout.md. Raw sockets need root: run it with sudo, or with wirebook run."""
import os
import struct
import sys
import time
from socket import *

host = sys.argv[1] if len(sys.argv) > 1 else "localhost"
ECHO_REQUEST = 8
TIMEOUT = 1  # seconds
identifier = os.getpid() & 0xFFFF


def checksum(data):
    """The Internet checksum: the ones' complement of the ones' complement sum of all 16-bit words."""
    # 1. Add up the words, bring what is above 16 bits back in at the bottom, and invert.
    return 0


def request(sequence):
    """An echo request with the time in it."""
    data = struct.pack("!d", time.time())
    header = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, identifier, sequence)
    # 2. Compute the checksum over header and data, and make the header again, with it.
    return header + data


with socket(AF_INET, SOCK_RAW, getprotobyname("icmp")) as icmp:
    address = gethostbyname(host)
    icmp.sendto(request(1), (address, 0))
    # 3. Receive, with a timeout. What comes begins with the IP header.
    # 4. Is it an echo reply (type 0) with our identifier and sequence number? If not, receive again, for what is left of the second.
    # 5. Print the round-trip time, or that there was no reply. Then the next ping, a second later.
