"""The upper-case client: sends a line to the server, three times at most, and prints what comes back."""
from socket import AF_INET, SOCK_DGRAM, socket, timeout

client = socket(AF_INET, SOCK_DGRAM)
client.connect(("localhost", 12000))  # no packet: it only keeps strangers out
client.settimeout(1)

sentence = input("Input lowercase sentence: ")
for attempt in range(3):
    try:
        client.send(sentence.encode())
        print("From server:", client.recv(65535).decode())
        break
    except (timeout, ConnectionRefusedError):
        print("No reply.")
client.close()
