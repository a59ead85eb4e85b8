# It answers every acknowledgement with the next block, or the same again: the sorcerer's apprentice.
# fails: duplicate-ack wrong apprentice
import os
import struct
import threading
from socket import *

RRQ, WRQ, DATA, ACK, ERROR = range(1, 6)
BLOCK = 512
TIMEOUT, TRIES = 1.0, 5


class Refused(Exception):
    """What is told to the client: a code and a text."""


class Transfer:
    """A transfer with one client, on a port of its own."""

    def __init__(self, client):
        self.client = client
        self.socket = socket(AF_INET, SOCK_DGRAM)
        self.socket.settimeout(TIMEOUT)
        self.last = b""

    def send(self, opcode, number, data=b""):
        self.last = struct.pack("!HH", opcode, number) + data
        self.socket.sendto(self.last, self.client)

    def receive(self, wanted):
        """The data of the message (opcode, block) that is wanted; what was sent is sent again meanwhile."""
        for _ in range(TRIES):
            try:
                while True:
                    message, source = self.socket.recvfrom(65536)
                    if source != self.client:
                        self.socket.sendto(struct.pack("!HH", ERROR, 5) + b"Unknown transfer ID\0", source)
                    elif len(message) >= 4:
                        opcode, number = struct.unpack("!HH", message[:4])
                        if (opcode, number) == wanted:
                            return message[4:]
                        if opcode == ACK:
                            self.socket.sendto(self.last, self.client)
                        if opcode == ERROR:
                            raise ConnectionAbortedError
                        if opcode == DATA:  # an old block: its acknowledgement was lost
                            self.socket.sendto(struct.pack("!HH", ACK, number), source)
            except timeout:
                self.socket.sendto(self.last, self.client)
        raise TimeoutError

    def read(self, name):
        try:
            with open(name, "rb") as file:
                block, data = 0, b" " * BLOCK
                while len(data) == BLOCK:
                    data, block = file.read(BLOCK), (block + 1) % 65536
                    self.send(DATA, block, data)
                    self.receive((ACK, block))
        except FileNotFoundError:
            raise Refused(1, "File not found")

    def write(self, name):
        if os.path.exists(name):
            raise Refused(6, "File already exists")
        block, data = 0, b" " * BLOCK
        with open(name, "wb") as file:
            self.send(ACK, 0)
            while len(data) == BLOCK:
                block = (block + 1) % 65536
                data = self.receive((DATA, block))
                file.write(data)
                if len(data) < BLOCK:
                    file.close()  # it is whole before the client hears so
                self.send(ACK, block)


def inside(name):
    """The file of that name in this folder."""
    path = os.path.realpath(name)
    if os.path.dirname(path) != os.getcwd():
        raise Refused(2, "Access violation")
    return path


def serve(request, client):
    transfer = Transfer(client)
    with transfer.socket:
        try:
            opcode, words = request[:2], request[2:].split(b"\0")
            if len(words) < 3 or not words[0] or words[1].lower() != b"octet":
                raise Refused(4, "Illegal TFTP operation")
            name = inside(words[0].decode())
            if opcode == b"\0\1":
                transfer.read(name)
            elif opcode == b"\0\2":
                transfer.write(name)
            else:
                raise Refused(4, "Illegal TFTP operation")
        except Refused as reason:
            code, text = reason.args
            transfer.send(ERROR, code, text.encode() + b"\0")
        except (OSError, ValueError) as reason:
            print(client, reason)


server = socket(AF_INET, SOCK_DGRAM)
server.bind(("", 69))
print("The server is ready")
while True:
    message, address = server.recvfrom(65536)
    threading.Thread(target=serve, args=(message, address), daemon=True).start()
