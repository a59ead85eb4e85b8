# It writes every block that comes, also one that comes again; and it can only take files.
# fails: upload-duplicate wrong written-twice
# fails: download wrong refused
# fails: exact wrong refused
# fails: binary wrong refused
# fails: large wrong refused
# fails: again wrong refused
# fails: concurrent wrong refused
# fails: resend wrong refused
# fails: stranger wrong refused
# fails: way-out wrong refused
# fails: duplicate-ack wrong refused
# fails: garbage crash dies-of-garbage
# fails: mode-case wrong refused
# fails: options wrong refused
import struct
from socket import *

server = socket(AF_INET, SOCK_DGRAM)
server.bind(("0.0.0.0", 69))
while True:
    request, client = server.recvfrom(1024)
    op, = struct.unpack("!H", request[:2])
    own = socket(AF_INET, SOCK_DGRAM)
    if op != 2:
        own.sendto(b"\0\5\0\1Not implemented\0", client)
        continue
    own.sendto(struct.pack("!HH", 4, 0), client)
    with open(request[2:].split(b"\0")[0].decode(), "wb", buffering=0) as f:
        while True:
            message, client = own.recvfrom(516)
            f.write(message[4:])
            own.sendto(b"\0\4" + message[2:4], client)
            if len(message) < 516:
                break
