# The mark of the end is looked for in each piece alone.
# fails: split-end hang split-end
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
    s.send((line + "\r\n").encode())
    return get()
def many(line):
    s.send((line + "\r\n").encode())
    while True:
        data = s.recv(1024)
        print(data.decode(), end="")
        if b"\r\n.\r\n" in data:
            break
get()
say("USER alice")
say("PASS secret")
say("STAT")
many("LIST")
many("RETR 1")
say("QUIT")
s.close()
