# No blank line between header and body.
# fails: * wrong no-blank-line
# fails: two-segments wrong half-request
# fails: way-out wrong way-out
# fails: query wrong query
# fails: concurrent hang one-at-a-time
# fails: not-found pass
# fails: binary wrong header-line
from socket import *
server = socket(AF_INET, SOCK_STREAM)
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
server.bind(("", 6789))
server.listen(5)
while True:
    connection, address = server.accept()
    try:
        request = connection.recv(4096).decode()
        name = request.split()[1][1:]
        with open(name, "rb") as file:
            body = file.read()
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + body)
    except (OSError, IndexError):
        connection.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n<html><body>404</body></html>")
    connection.close()
