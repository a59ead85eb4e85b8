"""A TFTP server. See handout.md."""
import struct
from socket import *

server = socket(AF_INET, SOCK_DGRAM)
server.bind(("", 69))
print("The server is ready")

while True:
    # 1. Receive a request: opcode, the file's name, a zero byte, the mode, a zero byte.
    request, client = server.recvfrom(516)
    opcode, = struct.unpack("!H", request[:2])
    # 2. Open a socket of its own for this transfer. From now on, all goes through that.
    # 3. Is there such a file? If not, send an error message: opcode 5, code 1, a text, a zero byte.
    # 4. Send a block: opcode 3, its number from 1 on, at most 512 bytes.
    # 5. Wait for its acknowledgement: opcode 4, the number. If it does not come, send the block again.
    # 6. Was that the last block? A block with less than 512 bytes is.
