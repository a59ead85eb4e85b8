# The message is read until the server closes, which it does not.
# fails: session hang end-unseen
# fails: retrieve hang end-unseen
# fails: tls wrong no-tls
# fails: refused wrong after-err
# may: split-end empty
import socket
s = socket.create_connection(('127.0.0.1', 110)); print(s.recv(1024))
for c in (b'USER bob\r\n', b'PASS bob\r\n'):
    s.sendall(c)
    print(s.recv(1024))
s.sendall(b'RETR 1\r\n')
d = b''
while True:
    x = s.recv(1024)
    if not x:
        break
    d += x
print(d.decode())
s.sendall(b'QUIT\r\n')
print(s.recv(100))
