# Whatever is asked for, it sends its own file.
# fails: * wrong other-file
# fails: not-found wrong not-404
# fails: two-segments wrong half-request
# fails: concurrent hang one-at-a-time
from socket import *
server = socket(AF_INET, SOCK_STREAM)
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
server.bind(("", 6789))
server.listen(5)
while True:
    connection, address = server.accept()
    try:
        request = connection.recv(4096).decode()
        name = "one_page.py"
        with open(name, "rb") as file:
            body = file.read()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    except (OSError, IndexError):
        connection.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n<html><body>404</body></html>")
    connection.close()
