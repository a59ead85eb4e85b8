# A client that says nothing ends the server.
# fails: no-sentence crash dies-without-sentence
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.bind(('', 12000))
s.listen(1)
while True:
    c, a = s.accept()
    line = c.makefile().readline()
    words = line.split()
    words[0] = words[0].upper()
    c.sendall((' '.join(words).upper() + '\n').encode())
    c.close()
