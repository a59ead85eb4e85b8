"""The client of a UDP heartbeat: a number and the time, once a second."""
import itertools
import time
from socket import AF_INET, SOCK_DGRAM, socket

client = socket(AF_INET, SOCK_DGRAM)
for number in itertools.count(1):
    client.sendto(f"Heartbeat {number} {time.time():.6f}".encode(), ("localhost", 12000))
    time.sleep(1)
