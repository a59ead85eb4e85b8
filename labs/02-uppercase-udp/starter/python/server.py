"""The upper-case server, by UDP. See handout.md."""
from socket import *

server = socket(AF_INET, SOCK_DGRAM)
server.bind(("", 12000))
print("The server is ready to receive")

message, client = server.recvfrom(2048)
# 1. Send the message back in capitals, to the client that it came from.
# 2. Receive the next message, and the one after that, for ever.
