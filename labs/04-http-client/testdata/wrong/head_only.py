# It shows the head alone.
# fails: * wrong body-not-shown
# fails: request pass
# fails: not-found pass
# fails: host pass
# fails: not-text pass
# fails: segments wrong cut
# fails: utf8 wrong not-shown
import socket
import sys

host, port, file = sys.argv[1:4]
connection = socket.create_connection((host, int(port)))
connection.sendall(f"GET /{file} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
reply = b""
while piece := connection.recv(4096):
    reply += piece
print(reply.split(b"\r\n\r\n")[0].decode())
