# USER and PASS in one go.
# fails: waits wrong too-early
# fails: session pass
# fails: tls wrong no-tls
# fails: stuffing wrong not-unstuffed
# fails: refused wrong after-err
# fails: empty hang waits-after-err
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(("localhost", 110))
lines = s.makefile()
def get():
    answer = lines.readline()
    print(answer)
    return answer
def say(line):
    s.send((line + "\r\n").encode())
    return get()
def many(line):
    s.send((line + "\r\n").encode())
    data = b""
    while not data.endswith(b"\r\n.\r\n"):
        data += s.recv(1024)
    print(data.decode())
get()
s.send(b"USER alice\r\nPASS secret\r\n")
get()
get()
say("STAT")
many("LIST")
many("RETR 1")
say("QUIT")
s.close()
