"""A UDP pinger. See handout.md."""
from socket import *
import time

server = ("localhost", 12000)
client = socket(AF_INET, SOCK_DGRAM)
# 1. Wait for a reply at most one second.

# 2. Ten pings, numbered from 1 to 10.
sequence_number = 1
message = f"Ping {sequence_number} {time.time()}"
client.sendto(message.encode(), server)
reply, address = client.recvfrom(1024)
# 3. Print the reply, and the round-trip time in seconds.
# 4. If there is none within the second: Request timed out.
# 5. Optional: the shortest, longest and average time, and how many percent were lost.
client.close()
