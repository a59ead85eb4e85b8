# The connection stays open, and nothing says where the body ends.
# fails: * hang never-closes
# fails: two-segments wrong half-request
# fails: way-out wrong way-out
# fails: query wrong query
# fails: concurrent hang one-at-a-time
# fails: not-found pass
from socket import *
server = socket(AF_INET, SOCK_STREAM)
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
server.bind(("", 6789))
server.listen(5)
kept = []
while True:
    connection, address = server.accept()
    try:
        request = connection.recv(4096).decode()
        name = request.split()[1][1:]
        with open(name, "rb") as file:
            body = file.read()
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + body); kept.append(connection); continue
    except (OSError, IndexError):
        connection.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n<html><body>404</body></html>")
    connection.close()
