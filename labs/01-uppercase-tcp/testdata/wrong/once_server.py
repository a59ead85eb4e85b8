# Without the loop: one client, and that was it.
# fails: again wrong uppercase.only-once
# fails: no-sentence wrong uppercase.only-once
# fails: two-segments wrong half-sentence
# fails: long wrong half-sentence
from socket import *
serverSocket = socket(AF_INET, SOCK_STREAM)
serverSocket.bind(('127.0.0.1', 12000))
serverSocket.listen(1)
connectionSocket, addr = serverSocket.accept()
sentence = connectionSocket.recv(1024).decode()
connectionSocket.send(sentence.upper().encode())
connectionSocket.close()
