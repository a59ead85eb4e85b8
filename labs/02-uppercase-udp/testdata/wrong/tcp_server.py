# The TCP server in the UDP exercise.
# fails: * wrong mistake.transport
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.bind(('', 12000))
s.listen(1)
while True:
    c, a = s.accept()
    c.send(c.recv(1024).upper())
    c.close()
