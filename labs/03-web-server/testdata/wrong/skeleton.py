# The assignment's skeleton, filled in as most do.
# fails: two-segments wrong half-request
# fails: way-out wrong way-out
# fails: query wrong query
# fails: concurrent hang one-at-a-time
# fails: reset crash dies-of-reset
# fails: content-length wrong no-length
# fails: binary crash mistake.crash-decode
# fails: no-request crash dies-without-request
from socket import *
import sys
serverSocket = socket(AF_INET, SOCK_STREAM)
serverSocket.bind(('', 6789))
serverSocket.listen(1)
while True:
    print('Ready to serve...')
    connectionSocket, addr = serverSocket.accept()
    try:
        message = connectionSocket.recv(1024).decode()
        filename = message.split()[1]
        f = open(filename[1:])
        outputdata = f.read()
        connectionSocket.send("HTTP/1.1 200 OK\r\n\r\n".encode())
        for i in range(0, len(outputdata)):
            connectionSocket.send(outputdata[i].encode())
        connectionSocket.send("\r\n".encode())
        connectionSocket.close()
    except IOError:
        connectionSocket.send("HTTP/1.1 404 Not Found\r\n\r\n".encode())
        connectionSocket.close()
serverSocket.close()
sys.exit()
