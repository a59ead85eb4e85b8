"""A web server: files of the current folder, a thread for each connection."""
import os
import sys
import threading
from socket import *
from urllib.parse import unquote

TYPES = {".html": "text/html; charset=utf-8", ".jpg": "image/jpeg", ".txt": "text/plain; charset=utf-8"}


def read_request(connection):
    """The bytes up to the blank line, however many segments bring them."""
    received = b""
    while b"\r\n\r\n" not in received and len(received) < 65536:
        part = connection.recv(4096)
        if not part:
            return None
        received += part
    return received.decode("latin-1")


def find(path):
    """The file that a path names, or None."""
    path = unquote(path.split("?")[0])
    root = os.path.realpath(".")
    name = os.path.realpath(os.path.join(root, path.lstrip("/")))
    if not name.startswith(root + os.sep) or not os.path.isfile(name):
        return None
    return name


def respond(connection, status, kind, body):
    header = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    connection.sendall(header.encode() + body)


def serve(connection):
    with connection:
        try:
            request = read_request(connection)
            if request is None:
                return
            words = request.split("\r\n")[0].split()
            name = find(words[1]) if len(words) == 3 and words[0] == "GET" else None
            if name is None:
                respond(connection, "404 Not Found", "text/html", b"<html><body>Not found</body></html>")
                return
            with open(name, "rb") as file:
                body = file.read()
            kind = TYPES.get(os.path.splitext(name)[1], "application/octet-stream")
            respond(connection, "200 OK", kind, body)
        except OSError:
            pass  # the client has gone


server = socket(AF_INET, SOCK_STREAM)
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
server.bind(("", int(sys.argv[1]) if len(sys.argv) > 1 else 6789))
server.listen(5)
print("The server is ready")
while True:
    connection, _ = server.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
