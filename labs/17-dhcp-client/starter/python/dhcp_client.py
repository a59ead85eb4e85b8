"""A DHCP client. See handout.md. Port 68 needs root: run it with wirebook run --no-address."""
import os
import struct
from socket import *

DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
COOKIE = bytes([99, 130, 83, 99])
card = next(name for _, name in if_nameindex() if name != "lo")
with open(f"/sys/class/net/{card}/address") as file:
    mac = bytes.fromhex(file.read().strip().replace(":", ""))

link = socket(AF_INET, SOCK_DGRAM)
link.setsockopt(SOL_SOCKET, SO_BROADCAST, 1)
link.setsockopt(SOL_SOCKET, SO_BINDTODEVICE, card.encode())  # without an address there is no route: say which card
link.bind(("", 68))

xid = os.urandom(4)
header = struct.pack("!BBBB4sHH", 1, 1, 6, 0, xid, 0, 0)
# 1. The flags' highest bit asks the server to broadcast its answers. Put it there.
# 2. Add four addresses of zeros, the MAC address in 16 bytes, 64 and 128 bytes of zeros, the cookie.
# 3. Add the options: 53 (message type), one byte; and the end, 255.
link.sendto(header, ("255.255.255.255", 67))
# 4. Receive the offer: is it a reply (1st byte 2), with your xid? Your address is in bytes 16 to 19. Take its options apart.
# 5. Send a REQUEST: type 3, option 50 (the address), option 54 (the server's identifier, from the offer).
# 6. Receive the ACK, and print the address. After a NAK begin again. After four seconds without an answer, send again.
