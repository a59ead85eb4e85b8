"""A TFTP client: tftp_client.py get HOST FILE. See handout.md."""
import struct
import sys
from socket import *

if len(sys.argv) != 4:
    sys.exit("usage: tftp_client.py get HOST FILE")
operation, host, name = sys.argv[1:]

client = socket(AF_INET, SOCK_DGRAM)
# 1. Send a read request to port 69 of the host: opcode 1, the file's name, a zero byte, "octet", a zero byte.
client.sendto(struct.pack("!H", 1), (host, 69))
# 2. Receive a message. From which port does it come?
message, server = client.recvfrom(516)
# 3. Is it an error? Print it, and end.
# 4. Is it the block that is awaited? Write its data to the file.
# 5. Acknowledge the block, to the port that it came from.
# 6. Was that the last block? If not, go on with 2.
