# It listens where localhost is looked up first, and answers on a connection until the client closes it.
# fails: concurrent hang one-at-a-time
# fails: two-segments wrong half-request
# fails: way-out wrong way-out
# fails: query wrong query
# may: reset
import os
import socket

family, kind, _, _, address = socket.getaddrinfo("localhost", 12345, type=socket.SOCK_STREAM)[0]
s = socket.socket(family, kind)
s.bind(address)
s.listen(5)
while True:
    conn, addr = s.accept()
    while True:
        try:
            req = conn.recv(4096)
        except ConnectionError:
            break
        if not req:
            break
        name = req.decode().split()[1][1:]
        if os.path.isfile(name):
            with open(name, "rb") as f:
                status, data = "200 OK", f.read()
        else:
            status, data = "404 Not Found", b"<html><body>404 Not Found</body></html>"
        head = "HTTP/1.1 " + status + "\r\nContent-Length: " + str(len(data)) + "\r\nConnection: keep-alive\r\n\r\n"
        conn.sendall(head.encode() + data)
    conn.close()
