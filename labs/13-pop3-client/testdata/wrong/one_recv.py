# One recv() for a message.
# fails: long wrong stops-early
# fails: split-end wrong half-end
# fails: stuffing wrong false-end
# fails: empty pass
# fails: tls wrong no-tls
# fails: refused wrong after-err
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
    data = b""
    while not data.endswith(b"\r\n.\r\n"):
        data += s.recv(1024)
    print(data.decode())
get()
say("USER alice")
say("PASS secret")
say("STAT")
say("LIST")
say("RETR 1")
say("QUIT")
s.close()
