# Only a new packet is acknowledged.
# fails: duplicate hang transfer.duplicate-not-acked
# fails: end-again wrong transfer.end-not-acked-again
"""The receiver of go-back-N: receiver.py [PORT FILE]."""
import struct
import sys
from socket import *

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


LINGER, MODULUS = 2, 256  # seconds: the last ACK may be lost

port, name = sys.argv[1:] if len(sys.argv) == 3 else ("15000", "output.bin")
link = socket(AF_INET, SOCK_DGRAM)
link.bind(("", int(port)))
expected = 0
file = open(name, "wb")
while True:
    try:
        packet, sender = link.recvfrom(2048)
    except timeout:
        break
    message = understand(packet)
    if message and message[:2] == (DATA, expected) and not file.closed:
        data = message[2]
        file.write(data)
        if not data:
            file.close()
            link.settimeout(LINGER)
        expected = (expected + 1) % MODULUS
        link.sendto(make(ACK, (expected - 1) % MODULUS), sender)  # all up to there have come
