# It prints the client's address of the ACK, which is 0.
# fails: * wrong no-yiaddr
# fails: discover pass
# fails: request pass
# fails: nak pass
# fails: options pass
# fails: other-xid pass
# fails: broadcast-flag pass
"""A DHCP client: asks for an address, and prints what it is given."""
import os
import struct
from socket import *
from time import monotonic

DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
MASK, ROUTER, DNS, REQUESTED, LEASE, KIND, SERVER, WANTED, END = 1, 3, 6, 50, 51, 53, 54, 55, 255
HEADER = struct.Struct("!BBBB4sHH4s4s4s4s16s64s128s4s")
COOKIE = bytes([99, 130, 83, 99])
NONE = bytes(4)
BROADCAST = 0x8000
TIMER, TRIES = 4, 4  # seconds


def make(mac, xid, options):
    """A message: the header of RFC 2131, and options."""
    text = HEADER.pack(1, 1, 6, 0, xid, 0, BROADCAST, NONE, NONE, NONE, NONE, mac, b"", b"", COOKIE)
    for code, data in options.items():
        text += bytes([code, len(data)]) + data
    return (text + bytes([END])).ljust(300, b"\0")


def understand(message, xid):
    """The address and the options of a reply to us, or None."""
    if len(message) < HEADER.size:
        return None
    op, _, _, _, number, _, _, _, address, _, _, _, _, _, cookie = HEADER.unpack_from(message)
    if (op, number, cookie) != (2, xid, COOKIE):
        return None
    options, rest = {}, message[HEADER.size:]
    while rest and rest[0] != END:
        if rest[0] == 0:  # padding has no length
            rest = rest[1:]
        elif len(rest) < 2:
            return None
        else:
            options[rest[0]] = rest[2:2 + rest[1]]
            rest = rest[2 + rest[1]:]
    return address, options


def ask(link, mac, xid, options, answers):
    """Send until there is an answer of one of these types; None if there never is."""
    for _ in range(TRIES):
        link.sendto(make(mac, xid, options), ("255.255.255.255", 67))
        deadline = monotonic() + TIMER
        while (left := deadline - monotonic()) > 0:
            link.settimeout(left)
            try:
                reply = understand(link.recv(2048), xid)
            except timeout:
                break
            if reply and reply[1].get(KIND, b"\0")[0] in answers:
                return reply
    return None


def lease(link, mac):
    """The address and the options that a server has agreed to; None if it has not."""
    xid = os.urandom(4)
    wanted = bytes([MASK, ROUTER, DNS, LEASE])
    offer = ask(link, mac, xid, {KIND: bytes([DISCOVER]), WANTED: wanted}, [OFFER])
    if not offer or SERVER not in offer[1]:
        return None
    address, options = offer
    print("offered", inet_ntoa(address))
    request = {KIND: bytes([REQUEST]), REQUESTED: address, SERVER: options[SERVER], WANTED: wanted}
    answer = ask(link, mac, xid, request, [ACK, NAK])
    return answer if answer and answer[1][KIND][0] == ACK else None


def main():
    card = next(name for _, name in if_nameindex() if name != "lo")
    with open(f"/sys/class/net/{card}/address") as file:
        mac = bytes.fromhex(file.read().strip().replace(":", ""))
    with socket(AF_INET, SOCK_DGRAM) as link:
        link.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
        link.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, card.encode())
        link.bind(("", 68))
        while not (agreed := lease(link, mac)):
            print("no lease, beginning again")
    address, options = agreed
    print("address", inet_ntoa(NONE))
    for name, code in (("mask", MASK), ("router", ROUTER), ("DNS", DNS)):
        if len(data := options.get(code, b"")) >= 4:
            print(name, inet_ntoa(data[:4]))
    if len(data := options.get(LEASE, b"")) == 4:
        print("for", struct.unpack("!I", data)[0], "seconds")


main()
