# The numbers begin again after seven, as large as the window.
# fails: * wrong transfer.wraps-early
# fails: empty-file pass
# fails: timer pass
# fails: gives-up pass
# may: sends lost-end lost-data before-first
"""The sender of go-back-N: sender.py [HOST PORT FILE]."""
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


TIMER, TRIES = 0.5, 10
MOST, WINDOW, MODULUS = 512, 8, 256


def split(name):
    """The file's packets, with the empty one at the end."""
    with open(name, "rb") as file:
        content = file.read()
    parts = [content[i:i + MOST] for i in range(0, len(content), MOST)] + [b""]
    return [make(DATA, i % WINDOW, part) for i, part in enumerate(parts)]


def transfer(link, address, packets):
    base = following = tries = 0
    deadline = 0.0
    while base < len(packets):
        while following < min(base + WINDOW, len(packets)):
            if following == base:
                deadline = monotonic() + TIMER
            link.sendto(packets[following], address)
            following += 1
        try:
            link.settimeout(max(deadline - monotonic(), 0.001))
            message = understand(link.recvfrom(2048)[0])
        except timeout:
            if (tries := tries + 1) == TRIES:
                sys.exit("The receiver does not answer")
            following = base  # go back
            continue
        if not message or message[0] != ACK:
            continue
        acknowledged = (message[1] - base) % MODULUS + 1  # so many packets more
        if acknowledged <= following - base:
            base, tries = base + acknowledged, 0
            deadline = monotonic() + TIMER


host, port, name = sys.argv[1:] if len(sys.argv) == 4 else ("localhost", "15000", "input.bin")
with socket(AF_INET, SOCK_DGRAM) as link:
    transfer(link, (gethostbyname(host), int(port)), split(name))
