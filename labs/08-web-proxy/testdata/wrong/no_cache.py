# It is a proxy, and has no cache.
# fails: cache wrong not-cached
# fails: cached-picture wrong not-cached
import hashlib
import os
import sys
import threading
from socket import *
from urllib.parse import urlsplit

CACHE = "cache"


def read_head(connection):
    """All that came up to the blank line, and what came behind it; None if the browser has gone."""
    received = b""
    while b"\r\n\r\n" not in received:
        part = connection.recv(4096)
        if not part or len(received) > 65536:
            return None
        received += part
    head, _, rest = received.partition(b"\r\n\r\n")
    return head.decode("latin-1").split("\r\n"), rest


def field(lines, name):
    for line in lines[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == name:
            return value.strip()
    return ""


def destination(target):
    """Both uses of the proxy: http://host/path, and /host/path."""
    url = urlsplit(target if target.startswith("http://") else "http://" + target.lstrip("/"))
    path = (url.path or "/") + ("?" + url.query if url.query else "")
    return url.hostname, url.port or 80, url.netloc, path


def ask_server(host, port, request):
    """The whole response. "Connection: close" makes the server say where it ends."""
    with create_connection((host, port), timeout=30) as server:
        server.sendall(request)
        response = b""
        while True:
            part = server.recv(65536)
            if not part:
                return response
            response += part


def fetch(method, target, lines, body):
    host, port, netloc, path = destination(target)
    name = os.path.join(CACHE, hashlib.sha256((netloc + path).encode()).hexdigest())
    if method == "GET" and False:
        with open(name, "rb") as file:
            return file.read()
    head = [f"{method} {path} HTTP/1.1", f"Host: {netloc}", "Connection: close"]
    head += [line for line in lines[1:]
             if line.partition(":")[0].strip().lower() not in ("host", "connection", "proxy-connection", "keep-alive")]
    response = ask_server(host, port, ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body)
    if method == "GET" and response.split(b" ", 2)[1:2] == [b"200"]:
        temporary = f"{name}.{threading.get_ident()}"
        with open(temporary, "wb") as file:
            file.write(response)
        os.replace(temporary, name)
    return response


def error(status):
    body = f"<html><body>{status}</body></html>\n"
    return (f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n\r\n{body}").encode()


def serve(browser):
    with browser:
        try:
            request = read_head(browser)
            if request is None:
                return
            lines, body = request
            words = lines[0].split()
            if len(words) != 3 or words[0] not in ("GET", "POST"):
                browser.sendall(error("501 Not Implemented"))
                return
            length = int(field(lines, "content-length") or 0)
            while len(body) < length:
                part = browser.recv(4096)
                if not part:
                    return
                body += part
            try:
                response = fetch(words[0], words[1], lines, body)
            except (OSError, ValueError, TypeError):
                response = error("502 Bad Gateway")
            browser.sendall(response)
        except (OSError, ValueError):
            pass  # the browser has gone, or makes no sense


os.makedirs(CACHE, exist_ok=True)
proxy = socket(AF_INET, SOCK_STREAM)
proxy.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
proxy.bind((sys.argv[1] if len(sys.argv) > 1 else "", 8888))
proxy.listen(20)
print("Ready to serve...")
while True:
    connection, _ = proxy.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
