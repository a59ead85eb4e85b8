"""An iterative resolver. See handout.md.

python3 dns_resolver.py NAME
"""
import socket
import struct
import sys

ROOT = "198.41.0.4"  # a.root-servers.net


def ask(server, name):
    """Send a query for the address of a name to a server, and return the reply."""
    header = struct.pack("!6H", 0x1234, 0, 1, 0, 0, 0)  # RD is 0: no recursion
    labels = b"".join(bytes([len(x)]) + x.encode() for x in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(2)
        client.sendto(header + labels + b"\0" + struct.pack("!2H", 1, 1), (server, 53))
        return client.recv(4096)


name = sys.argv[1] if len(sys.argv) > 1 else "www.example.com"
reply = ask(ROOT, name)
print(len(reply), "bytes from the root server")
# 1. Take the reply apart: answers, authority (NS), additional (glue).
# 2. If there is an answer of type A, print it.
# 3. If not, it is a referral: ask a server that it names, and begin again at 1.
# 4. A referral without glue: find the address of the name server first.
# 5. An alias (CNAME): begin again at the root, with the other name.
