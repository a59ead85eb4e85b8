"""The server of a UDP heartbeat. See handout.md."""
from socket import *
import time

server = socket(AF_INET, SOCK_DGRAM)
server.bind(("", 12000))

while True:
    message, client = server.recvfrom(1024)
    word, number, sent = message.decode().split()
    # 1. Print the number, and how long the message took: now, less the time at which it was sent.
    # 2. If numbers are missing since the last one, print how many.
    # 3. If nothing comes for some seconds, print that the client has stopped.
