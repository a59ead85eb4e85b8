# In passive mode, too, it connects only after 150. Many servers wait for the connection before they say that.
# fails: connects-first hang connects-first
import re
import sys
from socket import *

USER, PASSWORD = "anonymous", "guest@example.com"


class Refused(Exception):
    """A reply that says no."""


class FTP:
    def __init__(self, host):
        self.control = socket(AF_INET, SOCK_STREAM)  # PASV and PORT know IPv4 only
        self.control.connect((host, 21))
        self.replies = self.control.makefile("r", encoding="utf-8", newline="\r\n")
        self.expect("2")
        if self.command("USER " + USER, "23").startswith("3"):
            self.command("PASS " + PASSWORD, "2")

    def expect(self, first):
        """Reads a reply to its last line: there a space follows the code."""
        line = self.replies.readline()
        code = line[:3]
        print(line, end="")
        while line[:4] != code + " ":
            line = self.replies.readline()
            print(line, end="")
            if not line:
                raise Refused("the server has gone")
        if code[0] not in first:
            raise Refused(line.strip())
        return line

    def command(self, line, first):
        self.control.sendall((line + "\r\n").encode())
        return self.expect(first)

    def passive(self):
        """The server listens, and says where."""
        numbers = re.search(r"(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)", self.command("PASV", "2")[4:])
        *host, high, low = numbers.groups()
        return lambda: create_connection((".".join(host), int(high) * 256 + int(low)))

    def active(self):
        """We listen, at the address that the server sees us at, and say where."""
        host = self.control.getsockname()[0]
        waiting = create_server((host, 0))
        port = waiting.getsockname()[1]
        self.command("PORT %s,%d,%d" % (host.replace(".", ","), port // 256, port % 256), "2")
        return lambda: waiting.accept()[0]

    def transfer(self, line, mode, use):
        """A command with a data connection, which is handed to use."""
        connect = mode(self)
        self.command(line, "1")
        data = connect()
        with data:
            result = use(data)
        self.expect("2")
        return result


def receive(data):
    parts = []
    while part := data.recv(65536):
        parts.append(part)
    return b"".join(parts)


def main():
    words = sys.argv[1:]
    mode = FTP.passive
    if words and words[0] in ("--active", "--passive"):
        mode = {"--active": FTP.active, "--passive": FTP.passive}[words.pop(0)]
    if len(words) < 2 or words[0] not in ("get", "put", "ls"):
        sys.exit("usage: ftp_client.py [--active|--passive] get|put|ls HOST FILE")
    verb, host, *names = words
    try:
        ftp = FTP(host)
        ftp.command("TYPE I", "2")
        if verb == "get":
            content = ftp.transfer("RETR " + names[0], mode, receive)
            with open(names[0], "wb") as file:
                file.write(content)
        elif verb == "put":
            with open(names[0], "rb") as file:
                ftp.transfer("STOR " + names[0], mode, lambda data: data.sendall(file.read()))
        else:
            print(ftp.transfer("LIST", mode, receive).decode(errors="replace"))
        ftp.command("QUIT", "2")
    except Refused as reply:
        sys.exit(str(reply))


main()
