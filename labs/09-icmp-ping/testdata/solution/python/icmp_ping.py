"""An ICMP pinger: four echo requests, a second apart."""
import os
import struct
import sys
import time
from socket import *

ECHO_REPLY, UNREACHABLE, ECHO_REQUEST = 0, 3, 8
TIMEOUT = 1  # seconds
HEADER = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence number
identifier = os.getpid() & 0xFFFF


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def request(sequence):
    data = struct.pack("!d", time.time())
    plain = HEADER.pack(ECHO_REQUEST, 0, 0, identifier, sequence) + data
    return HEADER.pack(ECHO_REQUEST, 0, checksum(plain), identifier, sequence) + data


def understand(packet, sequence):
    """What an IP packet says about our request: a text, or None if it is about another."""
    message = packet[(packet[0] & 15) * 4:]
    kind, code, _, number, position = HEADER.unpack_from(message)
    if kind == ECHO_REPLY and (number, position) == (identifier, sequence):
        took = time.time() - struct.unpack_from("!d", message, HEADER.size)[0]
        return f"time={took * 1000:.1f} ms"
    if kind == UNREACHABLE:
        quoted = message[HEADER.size:]
        _, _, _, number, position = HEADER.unpack_from(quoted, (quoted[0] & 15) * 4)
        if (number, position) == (identifier, sequence):
            return f"destination unreachable, code {code}"
    return None


def ping(icmp, address, sequence):
    icmp.sendto(request(sequence), (address, 0))
    deadline = time.monotonic() + TIMEOUT
    while (left := deadline - time.monotonic()) > 0:
        icmp.settimeout(left)
        try:
            packet, _ = icmp.recvfrom(65535)
        except timeout:
            break
        try:
            if text := understand(packet, sequence):
                return text
        except struct.error:
            pass  # too short to be ours
    return "request timed out"


host = sys.argv[1] if len(sys.argv) > 1 else "localhost"
address = gethostbyname(host)
print(f"Pinging {address}")
with socket(AF_INET, SOCK_RAW, getprotobyname("icmp")) as icmp:
    for sequence in range(1, 5):
        began = time.monotonic()
        print(f"seq={sequence}", ping(icmp, address, sequence))
        time.sleep(max(0, 1 - (time.monotonic() - began)))
