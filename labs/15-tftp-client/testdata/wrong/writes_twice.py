# It writes a block that comes again once more.
# fails: duplicate wrong written-twice
# fails: stranger wrong stranger
# fails: lost-request hang no-resend
# fails: upload wrong no-upload
# fails: upload-exact wrong no-upload
# fails: upload-lost wrong no-upload
# fails: duplicate-ack wrong no-upload
import struct
from socket import *

HOST, NAME = "127.0.0.1", "notes.txt"
s = socket(AF_INET, SOCK_DGRAM)
s.sendto(b"\0\1" + NAME.encode() + b"\0octet\0", (HOST, 69))
with open(NAME, "wb") as f:
    while True:
        message, server = s.recvfrom(516)
        op, block = struct.unpack("!HH", message[:4])
        if op == 5:
            print("Error:", message[4:-1].decode())
            break
        f.write(message[4:])
        s.sendto(struct.pack("!HH", 4, block), server)
        if len(message) < 516:
            break
