# It takes whatever reply comes.
# fails: wrong-id wrong wrong-id
"""An iterative resolver: python3 dns_resolver.py NAME"""
import random
import socket
import struct
import sys

ROOTS = ["198.41.0.4", "170.247.170.2", "192.33.4.12"]
A, NS, CNAME, IN = 1, 2, 5, 1
RESPONSE = 0x8000
TIMEOUT, MOST_QUERIES, MOST_ALIASES = 1.5, 60, 10


class Unresolved(Exception):
    """There is no answer, or it cannot be found."""


class Message:
    """A reply, taken apart: its code, and its records by section."""

    def __init__(self, data):
        self.data = data
        _, flags, questions, *counts = struct.unpack_from("!6H", data)
        self.code = flags & 0xF
        self.at = 12
        for _ in range(questions):
            self.name()
            self.at += 4
        self.answer, self.authority, self.additional = (
            [self.record() for _ in range(count)] for count in counts)

    def name(self):
        name, self.at = self.name_at(self.at)
        return name

    def name_at(self, at):
        labels, behind = [], None
        for _ in range(128):  # more would be a loop of pointers
            length = self.data[at]
            if length >= 0xC0:
                behind = behind or at + 2
                at = struct.unpack_from("!H", self.data, at)[0] & 0x3FFF
            elif length == 0:
                return ".".join(labels).lower(), behind or at + 1
            else:
                labels.append(self.data[at + 1:at + 1 + length].decode("latin-1"))
                at += 1 + length
        raise ValueError("the name never ends")

    def record(self):
        """Owner, type and value: an address, a name, or None."""
        owner = self.name()
        kind, _, _, length = struct.unpack_from("!2HIH", self.data, self.at)
        start = self.at + 10
        self.at = start + length
        if kind == A and length == 4:
            return owner, kind, socket.inet_ntoa(self.data[start:self.at])
        if kind in (NS, CNAME):
            return owner, kind, self.name_at(start)[0]
        return owner, kind, None


def query(ident, name):
    labels = [label.encode() for label in name.split(".")]
    qname = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack("!6H", ident, 0, 1, 0, 0, 0) + qname + struct.pack("!2H", A, IN)


class Resolver:
    """Follows referrals, with a bound on how many queries all of it may take."""

    def __init__(self):
        self.left = MOST_QUERIES

    def ask(self, server, name):
        """The reply of a server, or None if there is none in time."""
        if self.left == 0:
            raise Unresolved("too many queries")
        self.left -= 1
        ident = random.randrange(1 << 16)
        print(f"asking {server} for {name}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(TIMEOUT)
            udp.connect((server, 53))
            try:
                udp.send(query(ident, name))
                while True:
                    data = udp.recv(4096)
                    if data:
                        return Message(data)
            except (OSError, ValueError, IndexError, struct.error):
                return None

    def ask_one_of(self, servers, name):
        for server in servers:
            reply = self.ask(server, name)
            if reply and reply.code in (0, 3):
                return reply
        raise Unresolved(f"no server answers for {name}")

    def resolve(self, name):
        """The addresses of a name, from the root on, along its aliases."""
        for _ in range(MOST_ALIASES):
            reply = self.descend(name)
            aliases = {owner: value for owner, kind, value in reply.answer if kind == CNAME}
            while name in aliases:
                name = aliases.pop(name)
            addresses = [value for owner, kind, value in reply.answer
                         if kind == A and owner == name]
            if addresses:
                return addresses
            if not any(kind == CNAME for _, kind, _ in reply.answer):
                raise Unresolved(f"{name} has no address")
        raise Unresolved("too many aliases")

    def descend(self, name):
        """The reply that answers, at the end of the referrals."""
        servers, zone = ROOTS, ""
        while True:
            reply = self.ask_one_of(servers, name)
            if reply.code == 3:
                raise Unresolved(f"there is no name {name}")
            cuts = [owner for owner, kind, _ in reply.authority if kind == NS]
            if reply.answer or not cuts:
                return reply
            if len(cuts[0]) <= len(zone):
                raise Unresolved(f"the servers of {zone} refer to nowhere below")
            zone, servers = cuts[0], self.addresses(reply)

    def addresses(self, referral):
        """Those of the name servers: from the glue, or to be found first."""
        names = [value for _, kind, value in referral.authority if kind == NS]
        glue = [value for owner, kind, value in referral.additional
                if kind == A and owner in names]
        return glue or self.resolve(names[0])


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: dns_resolver.py NAME")
    name = sys.argv[1].rstrip(".").lower()
    try:
        for address in Resolver().resolve(name):
            print(f"{name} has address {address}")
    except (Unresolved, RecursionError) as error:
        sys.exit(f"not resolved: {error}")


if __name__ == "__main__":
    main()
