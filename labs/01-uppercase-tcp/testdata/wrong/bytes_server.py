# Bytes are put together with text.
# fails: * crash mistake.crash-bytes
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.bind(('', 12000))
s.listen(1)
while True:
    c, a = s.accept()
    sentence = c.recv(1024)
    c.send(sentence.decode().upper())
    c.close()
