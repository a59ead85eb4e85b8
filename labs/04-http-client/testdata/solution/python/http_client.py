"""A web client: sends a GET request, and prints the response."""
import sys
from socket import create_connection


def read_chunks(stream):
    """Returns a body that comes in chunks: RFC 9112 §7.1."""
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    return body


def read_response(stream):
    """Returns the head and the body of a response, each as bytes."""
    head, fields = stream.readline(), {}
    for line in stream:
        head += line
        if line == b"\r\n":
            break
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip()
    if fields.get(b"transfer-encoding", b"").lower() == b"chunked":
        return head, read_chunks(stream)
    return head, stream.read(int(fields.get(b"content-length", -1)))


if len(sys.argv) != 4:
    sys.exit("usage: http_client.py server_host server_port filename")
host, port, filename = sys.argv[1:]
with create_connection((host, int(port))) as connection, connection.makefile("rb") as stream:
    path = "/" + filename.removeprefix("/")
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    head, body = read_response(stream)
print(head.decode("latin-1"), end="")
print(body.decode(errors="replace"))
