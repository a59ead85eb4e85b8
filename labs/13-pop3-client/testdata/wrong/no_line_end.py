# Commands without an end.
# fails: * hang no-line-end
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(("localhost", 110))
def get():
    answer = s.recv(1024).decode()
    print(answer)
    return answer
def say(line):
    s.send(line.encode())
    return get()
def many(line):
    s.send(line.encode())
    data = b""
    while not data.endswith(b"\r\n.\r\n"):
        data += s.recv(1024)
    print(data.decode())
get()
say("USER alice")
say("PASS secret")
say("STAT")
many("LIST")
many("RETR 1")
say("QUIT")
s.close()
