"""Traceroute. See handout.md. Raw sockets need root: run it with sudo, or with wirebook run."""
import os
import struct
import sys
import time
from socket import *

host = sys.argv[1] if len(sys.argv) > 1 else "localhost"
ECHO_REPLY, UNREACHABLE, ECHO_REQUEST, TIME_EXCEEDED = 0, 3, 8, 11
MOST_HOPS, TRIES, TIMEOUT = 30, 2, 2
identifier = os.getpid() & 0xFFFF


def checksum(data):
    """The Internet checksum, from the exercise icmp-ping."""
    # 1. Take it from there.
    return 0


def probe(sequence):
    """An echo request."""
    plain = struct.pack("!BBHHHd", ECHO_REQUEST, 0, 0, identifier, sequence, time.time())
    return struct.pack("!BBHHHd", ECHO_REQUEST, 0, checksum(plain), identifier, sequence, time.time())


address = gethostbyname(host)
with socket(AF_INET, SOCK_RAW, getprotobyname("icmp")) as icmp:
    # 2. For each TTL from 1 on: set the socket's option IP_TTL.
    icmp.sendto(probe(1), (address, 0))
    # 3. Receive, with a timeout. Who has answered? Is it about your probe?
    # 4. Type 11: print the router and the time, go on. Nothing came: print *, try once more, go on. Type 0: you are there.
