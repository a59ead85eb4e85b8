# accept() stands before the loop, so that the loop serves one client only.
# fails: again wrong uppercase.only-once
# fails: no-sentence wrong uppercase.only-once
import sys
from socket import *
server = socket(AF_INET, SOCK_STREAM)
server.bind(('', int(sys.argv[1])))
server.listen(5)
conn, addr = server.accept()
while True:
    data = conn.recv(1024)
    if not data:
        break
    conn.sendall(data.decode().upper().encode())
