# A missing file is answered with 200.
# fails: two-segments wrong half-request
# fails: way-out wrong way-out
# fails: query wrong body
# fails: concurrent hang one-at-a-time
# fails: reset crash dies-of-reset
# fails: not-found wrong not-404
# fails: again wrong not-404
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
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    except (OSError, IndexError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n<html><body>404 Not Found</body></html>")
    connection.close()
