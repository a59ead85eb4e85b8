# send() on a socket that is not connected: it fails, but the socket has a port by then, as a server's has.
# fails: * no-start mistake.crash
from socket import *

s = socket(AF_INET, SOCK_DGRAM)
message = input('Input lowercase sentence:')
s.send(message.encode())
print(s.recv(2048).decode())
