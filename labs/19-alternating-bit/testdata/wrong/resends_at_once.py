# Whatever is no ACK for the packet has it sent again, as in the book's rdt2.2.
# fails: old-ack wrong transfer.resends-at-once
# fails: corrupt-ack wrong transfer.resends-at-once
"""The sender of the alternating-bit protocol: sender.py [HOST PORT FILE]."""
import struct
import sys
from socket import *
from time import monotonic

DATA, ACK = 1, 2
HEADER = struct.Struct("!BBH")  # type, number, checksum


def checksum(packet):
    if len(packet) % 2:
        packet += b"\0"
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def make(kind, number, data=b""):
    return HEADER.pack(kind, number, checksum(HEADER.pack(kind, number, 0) + data)) + data


def understand(packet):
    """Type, number and data, or None for what the link has damaged."""
    if len(packet) < HEADER.size or checksum(packet) != 0:
        return None
    kind, number, _ = HEADER.unpack_from(packet)
    return kind, number, packet[HEADER.size:]


TIMER, TRIES = 0.5, 15
MOST = 512


def deliver(link, address, number, data):
    """Send a packet until its ACK comes."""
    for _ in range(TRIES):
        link.sendto(make(DATA, number, data), address)
        deadline = monotonic() + TIMER
        while (left := deadline - monotonic()) > 0:
            link.settimeout(left)
            try:
                packet, _ = link.recvfrom(2048)
            except timeout:
                break
            if understand(packet) == (ACK, number, b""):
                return
            break
    sys.exit("The receiver does not answer")


host, port, name = sys.argv[1:] if len(sys.argv) == 4 else ("localhost", "14000", "input.bin")
address = gethostbyname(host), int(port)
with open(name, "rb") as file, socket(AF_INET, SOCK_DGRAM) as link:
    number = 0
    while True:
        data = file.read(MOST)
        deliver(link, address, number, data)
        number = 1 - number
        if not data:  # that was the end
            break
