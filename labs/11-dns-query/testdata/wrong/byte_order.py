# Numbers in the order of the machine.
# fails: * wrong byte-order
"""A DNS query by hand: python3 dns_query.py NAME [SERVER]"""
import random
import socket
import struct
import sys

A, CNAME, IN = 1, 5, 1
RESPONSE, TRUNCATED, RECURSION_DESIRED = 0x8000, 0x0200, 0x0100
TRIES, TIMEOUT = 3, 2.0


class Malformed(Exception):
    """The reply is no DNS message."""


def query(ident, name):
    """A header with one question, and the question."""
    header = struct.pack("<6H", ident, RECURSION_DESIRED, 1, 0, 0, 0)
    labels = [label.encode() for label in name.rstrip(".").split(".")]
    qname = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return header + qname + struct.pack("<2H", A, IN)


def read_name(message, at):
    """The name at a place, and the place behind it (RFC 1035, 4.1.4)."""
    labels, behind = [], None
    for _ in range(128):  # more would be a loop of pointers
        length = message[at]
        if length >= 0xC0:
            behind = behind or at + 2
            at = struct.unpack_from("!H", message, at)[0] & 0x3FFF
        elif length == 0:
            return ".".join(labels), behind or at + 1
        else:
            labels.append(message[at + 1:at + 1 + length].decode("ascii", "replace"))
            at += 1 + length
    raise Malformed("the name never ends")


def read_reply(message):
    """The code of a reply, and the lines to print for its answers."""
    try:
        _, flags, questions, answers, _, _ = struct.unpack_from("!6H", message)
        at = 12
        for _ in range(questions):
            at = read_name(message, at)[1] + 4
        lines = []
        for _ in range(answers):
            owner, at = read_name(message, at)
            kind, _, _, length = struct.unpack_from("!2HIH", message, at)
            at += 10
            if kind == A and length == 4:
                lines.append(f"{owner} has address {socket.inet_ntoa(message[at:at + 4])}")
            elif kind == CNAME:
                lines.append(f"{owner} is an alias of {read_name(message, at)[0]}")
            at += length
        return flags & 0xF, lines
    except (struct.error, IndexError, OSError) as error:
        raise Malformed("the reply ends too early") from error


def is_reply(message, ident):
    if len(message) < 12:
        return False
    its, flags = struct.unpack_from("!2H", message)
    return its == ident and flags & RESPONSE


def ask_udp(server, ident, question):
    """Ask up to three times; what answers no question of ours is ignored."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect((server, 53))
        udp.settimeout(TIMEOUT)
        for _ in range(TRIES):
            udp.send(question)
            try:
                while True:
                    message = udp.recv(4096)
                    if not is_reply(message, ident):
                        continue
                    try:
                        read_reply(message)
                    except Malformed:
                        continue
                    return message
            except TimeoutError:
                print("no reply in time")
    return None


def ask_tcp(server, question):
    """Over TCP a message has its length before it."""
    with socket.create_connection((server, 53), timeout=10) as tcp:
        tcp.sendall(struct.pack("!H", len(question)) + question)
        stream = tcp.makefile("rb")
        length, = struct.unpack("!H", stream.read(2))
        return stream.read(length)


def name_server():
    """The first of /etc/resolv.conf."""
    with open("/etc/resolv.conf") as file:
        for line in file:
            words = line.split()
            if words[:1] == ["nameserver"]:
                return words[1]
    return "127.0.0.1"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.replace("A DNS query by hand", "usage"))
    name = sys.argv[1]
    server = sys.argv[2] if len(sys.argv) > 2 else name_server()
    ident = random.randrange(1 << 16)
    question = query(ident, name)
    message = ask_udp(server, ident, question)
    if message is None:
        sys.exit(f"{server} does not answer")
    if struct.unpack_from("!H", message, 2)[0] & TRUNCATED:
        message = ask_tcp(server, question)
    code, lines = read_reply(message)
    if code == 3:
        sys.exit(f"there is no name {name}")
    if code:
        sys.exit(f"{server} answers with error {code}")
    print("\n".join(lines) or f"{name} has no address")


if __name__ == "__main__":
    main()
