# The assignment's skeleton, filled in for Python 3 as many do.
# fails: configured wrong only-in-path
# fails: path wrong only-host
# fails: picture crash mistake.crash-decode
# fails: cached-picture crash mistake.crash-decode
# fails: not-found pass
# fails: no-host wrong silent-error
# fails: post wrong no-post
# fails: cached-not-found wrong cached-404
# fails: other-port wrong port-80-only
# fails: two-segments wrong half-request
# fails: no-request crash dies-without-request
# fails: concurrent hang one-at-a-time
import sys
from socket import *

tcpSerSock = socket(AF_INET, SOCK_STREAM)
tcpSerSock.bind(('', 8888))
tcpSerSock.listen(5)
while True:
    print('Ready to serve...')
    tcpCliSock, addr = tcpSerSock.accept()
    print('Received a connection from:', addr)
    message = tcpCliSock.recv(1024).decode()
    filename = message.split()[1].partition("/")[2]
    fileExist = "false"
    filetouse = "/" + filename
    try:
        f = open(filetouse[1:], "r")
        outputdata = f.readlines()
        fileExist = "true"
        tcpCliSock.send("HTTP/1.0 200 OK\r\n".encode())
        tcpCliSock.send("Content-Type:text/html\r\n".encode())
        for line in outputdata:
            tcpCliSock.send(line.encode())
        print('Read from cache')
    except IOError:
        if fileExist == "false":
            c = socket(AF_INET, SOCK_STREAM)
            hostn = filename.replace("www.", "", 1)
            try:
                c.connect((hostn, 80))
                c.send(("GET http://" + filename + "/ HTTP/1.0\n\n").encode())
                fileobj = c.makefile('r')
                buff = fileobj.readlines()
                tmpFile = open("./" + filename, "w")
                for line in buff:
                    tmpFile.write(line)
                    tcpCliSock.send(line.encode())
                tmpFile.close()
            except OSError:
                print("Illegal request")
    tcpCliSock.close()
