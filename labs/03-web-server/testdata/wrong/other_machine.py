# It binds the address that the student's own machine had.
# fails: content-length wrong no-length
# fails: concurrent hang one-at-a-time
# fails: two-segments wrong half-request
# fails: way-out wrong way-out
# fails: no-request crash dies-without-request
# fails: query wrong query
# may: reset
import socket

HOST = "192.168.1.105"  # 本机 IP 地址
PORT = 80
sk = socket.socket()
sk.bind((HOST, PORT))
sk.listen(5)
print("等待连接...")
while 1:
    conn, addr = sk.accept()
    req = str(conn.recv(1024), encoding="utf8")
    path = req.split("\r\n")[0].split(" ")[1]
    try:
        f = open("." + path, "rb")
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html;charset=utf-8\r\n\r\n")
        conn.sendall(f.read())
        f.close()
    except FileNotFoundError:
        conn.send(b"HTTP/1.1 404 NOT FOUND\r\n\r\n")
        conn.send("<h1>404 找不到页面</h1>".encode("utf8"))
    conn.close()
