"""The client of a UDP heartbeat. See handout.md."""
from socket import *
import time

server = ("localhost", 12000)
client = socket(AF_INET, SOCK_DGRAM)

number = 1
client.sendto(f"Heartbeat {number} {time.time()}".encode(), server)
# Go on: one second later the next one, with the next number, until Ctrl-C.
