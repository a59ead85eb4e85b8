# All transfers go through port 69, and a request that makes no sense ends the server.
# fails: own-port wrong own-port
# fails: concurrent hang one-at-a-time
# fails: resend hang no-resend
# fails: upload hang no-upload
# fails: upload-exact hang no-upload
# fails: upload-duplicate hang no-upload
# fails: garbage crash dies-of-garbage
# fails: way-out wrong way-out
# fails: stranger wrong stranger
import struct
from socket import *

server = socket(AF_INET, SOCK_DGRAM)
server.bind(("", 69))
while True:
    request, client = server.recvfrom(516)
    opcode = struct.unpack("!H", request[:2])[0]
    if opcode != 1:
        continue
    name = request[2:].split(b"\0")[0].decode()
    try:
        content = open(name, "rb").read()
    except OSError:
        server.sendto(b"\0\5\0\1File not found\0", client)
        continue
    block = 1
    while True:
        data = content[(block - 1) * 512:block * 512]
        server.sendto(struct.pack("!HH", 3, block) + data, client)
        while True:
            ack, who = server.recvfrom(516)
            if ack == struct.pack("!HH", 4, block):
                break
        if len(data) < 512:
            break
        block += 1
