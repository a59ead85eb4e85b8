"""The server of a UDP heartbeat: the delay of each, what is missing, and who has stopped."""
import time
from socket import AF_INET, SOCK_DGRAM, socket, timeout

STOPPED_AFTER = 3  # seconds

server = socket(AF_INET, SOCK_DGRAM)
server.bind(("", 12000))
expected = None  # the next number; None while no client is there
while True:
    server.settimeout(STOPPED_AFTER if expected else None)
    try:
        message, client = server.recvfrom(1024)
        word, number, sent = message.decode().split()
        number, delay = int(number), time.time() - float(sent)
    except timeout:
        print("The client has stopped.")
        expected = None
        continue
    except ValueError:
        continue  # no heartbeat
    if expected and number > expected:
        print(f"{number - expected} lost: {expected} to {number - 1}")
    print(f"Heartbeat {number} took {delay:.6f} s")
    expected = max(expected or 0, number + 1)
