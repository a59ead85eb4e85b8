# Commands end with \n alone.
# fails: session wrong bare-lf
# fails: tls wrong no-tls
# fails: stuffing wrong not-unstuffed
# fails: refused wrong after-err
# fails: empty hang waits-after-err
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(("localhost", 110))
def get():
    answer = s.recv(1024).decode()
    print(answer)
    return answer
def say(line):
    s.send((line + "\n").encode())
    return get()
def many(line):
    s.send((line + "\n").encode())
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
