"""The upper-case server: one line from each client, and back in capitals."""
from socket import AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket

welcome = socket(AF_INET, SOCK_STREAM)
welcome.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
welcome.bind(("", 12000))
welcome.listen()
print("The server is ready to receive")

while True:
    connection, address = welcome.accept()
    with connection, connection.makefile("rwb") as stream:
        try:
            line = stream.readline()  # b"" if the client left without a word
            stream.write(line.decode(errors="replace").upper().encode())
            stream.flush()
        except OSError as error:
            print(address, error)
