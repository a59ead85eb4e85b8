# The client does the server's work.
# fails: * wrong uppercase.client-upper
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('127.0.0.1', 12000))
sentence = input('Sentence? ').upper()
s.send(sentence.encode())
print(s.recv(1024).decode())
