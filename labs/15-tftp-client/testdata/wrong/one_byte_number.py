# It keeps the block's number in one byte.
# fails: large wrong ack-number
import os
import struct
import sys
from socket import *

RRQ, WRQ, DATA, ACK, ERROR = range(1, 6)
BLOCK = 512
TIMEOUT, TRIES = 1.0, 5


class Transfer:
    """A transfer with one server. Its port is known with its first answer."""

    def __init__(self, host):
        self.socket = socket(AF_INET, SOCK_DGRAM)
        self.socket.settimeout(TIMEOUT)
        self.server = gethostbyname(host)
        self.to = (self.server, 69)
        self.port = None
        self.last = b""

    def send(self, message):
        self.last = message
        self.socket.sendto(message, self.to)

    def receive(self, wanted):
        """The data of the message (opcode, block) that is wanted; what was sent is sent again meanwhile."""
        for _ in range(TRIES):
            try:
                while True:
                    message, source = self.socket.recvfrom(65536)
                    if source[0] != self.server or self.port not in (None, source[1]):
                        self.socket.sendto(struct.pack("!HH", ERROR, 5) + b"Unknown transfer ID\0", source)
                        continue
                    if len(message) < 4:
                        continue
                    opcode, number = struct.unpack("!HH", message[:4])
                    if opcode == ERROR:
                        sys.exit(f"error {number}: {message[4:].rstrip(bytes(1)).decode(errors='replace')}")
                    if (opcode, number % 256) == wanted:
                        self.port = source[1]
                        self.to = source
                        return message[4:]
                    if opcode == DATA:  # an old block: its acknowledgement was lost
                        self.socket.sendto(struct.pack("!HH", ACK, number), source)
            except timeout:
                self.socket.sendto(self.last, self.to)
        sys.exit("no answer")


def request(opcode, name):
    return struct.pack("!H", opcode) + os.path.basename(name).encode() + b"\0octet\0"


def get(host, name):
    transfer = Transfer(host)
    transfer.send(request(RRQ, name))
    data, block, content = b" " * BLOCK, 0, []
    while len(data) == BLOCK:
        block = (block + 1) % 256
        data = transfer.receive((DATA, block))
        content.append(data)
        transfer.send(struct.pack("!HH", ACK, block))
    with open(os.path.basename(name), "wb") as file:
        file.writelines(content)
    print(f"{sum(map(len, content))} bytes received")


def put(host, name):
    transfer = Transfer(host)
    with open(name, "rb") as file:
        transfer.send(request(WRQ, name))
        transfer.receive((ACK, 0))
        data, block = b" " * BLOCK, 0
        while len(data) == BLOCK:
            data, block = file.read(BLOCK), (block + 1) % 256
            transfer.send(struct.pack("!HH", DATA, block) + data)
            transfer.receive((ACK, block))
    print("sent")


if len(sys.argv) != 4 or sys.argv[1] not in ("get", "put"):
    sys.exit("usage: tftp_client.py get|put HOST FILE")
{"get": get, "put": put}[sys.argv[1]](sys.argv[2], sys.argv[3])
