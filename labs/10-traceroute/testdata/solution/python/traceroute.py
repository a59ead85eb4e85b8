"""Traceroute with ICMP echo requests."""
import os
import struct
import sys
import time
from socket import *

ECHO_REPLY, UNREACHABLE, ECHO_REQUEST, TIME_EXCEEDED = 0, 3, 8, 11
MOST_HOPS, TRIES, TIMEOUT = 30, 2, 1
HEADER = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence number
identifier = os.getpid() & 0xFFFF


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def probe(sequence):
    data = struct.pack("!d", time.time())
    plain = HEADER.pack(ECHO_REQUEST, 0, 0, identifier, sequence) + data
    return HEADER.pack(ECHO_REQUEST, 0, checksum(plain), identifier, sequence) + data


def inside(packet):
    """What an IP packet carries."""
    return packet[(packet[0] & 15) * 4:]


def understand(packet, sequence):
    """The type of a message about our probe, or None if it is about another."""
    message = inside(packet)
    kind = message[0]
    if kind in (TIME_EXCEEDED, UNREACHABLE):
        message = inside(message[HEADER.size:])  # the probe that it quotes
    elif kind != ECHO_REPLY:
        return None
    _, _, _, number, position = HEADER.unpack_from(message)
    return kind if (number, position) == (identifier, sequence) else None


def ask(icmp, address, ttl, sequence):
    """Who answers a probe with that TTL, with which type, after how long; None for nobody."""
    icmp.setsockopt(IPPROTO_IP, IP_TTL, ttl)
    began = time.monotonic()
    icmp.sendto(probe(sequence), (address, 0))
    while (left := began + TIMEOUT - time.monotonic()) > 0:
        icmp.settimeout(left)
        try:
            packet, (router, _) = icmp.recvfrom(65535)
        except timeout:
            return None
        try:
            kind = understand(packet, sequence)
        except (struct.error, IndexError):
            continue  # too short to be about ours
        if kind is not None:
            return router, kind, time.monotonic() - began


def trace(icmp, address):
    sequence = 0
    for ttl in range(1, MOST_HOPS + 1):
        for _ in range(TRIES):
            sequence += 1
            if answer := ask(icmp, address, ttl, sequence):
                break
        if answer is None:
            print(f"{ttl:2}  *")
            continue
        router, kind, took = answer
        print(f"{ttl:2}  {router}  {took * 1000:.1f} ms" + ("  unreachable" if kind == UNREACHABLE else ""))
        if kind != TIME_EXCEEDED:
            return


host = sys.argv[1] if len(sys.argv) > 1 else "localhost"
with socket(AF_INET, SOCK_RAW, getprotobyname("icmp")) as icmp:
    trace(icmp, gethostbyname(host))
