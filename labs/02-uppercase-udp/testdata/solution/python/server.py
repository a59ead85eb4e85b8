"""The upper-case server: each datagram goes back in capitals to where it came from."""
from socket import AF_INET, SOCK_DGRAM, socket

server = socket(AF_INET, SOCK_DGRAM)
server.bind(("", 12000))
print("The server is ready to receive")

while True:
    message, client = server.recvfrom(65535)
    server.sendto(message.decode(errors="replace").upper().encode(), client)
