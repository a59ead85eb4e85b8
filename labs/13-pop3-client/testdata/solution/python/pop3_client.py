"""A POP3 client: fetches and prints all messages of a mailbox."""
import socket
import ssl
import sys

SERVER, PORT = "pop.example.com", 110
USER, PASSWORD = "alice", "secret"


class Refused(Exception):
    """The server said -ERR, or nothing any more."""


class Mailbox:
    """The client's end of a POP3 conversation."""

    def __init__(self, host, port):
        self.use(socket.create_connection((host, port), timeout=60))
        self.answer()

    def use(self, connection):
        self.connection = connection
        self.lines = connection.makefile("rb")

    def line(self):
        line = self.lines.readline().decode(errors="replace")
        if not line.endswith("\n"):
            raise Refused("the server closed the connection")
        return line.rstrip("\r\n")

    def answer(self):
        line = self.line()
        print("S:", line)
        if not line.startswith("+OK"):
            raise Refused(line)
        return line

    def say(self, command):
        print("C:", "PASS …" if command.startswith("PASS") else command)
        self.connection.sendall(command.encode() + b"\r\n")
        return self.answer()

    def rest(self):
        """The lines of an answer, up to a dot alone; of two dots one was added."""
        lines = []
        while (line := self.line()) != ".":
            lines.append(line[1:] if line.startswith(".") else line)
        return lines

    def encrypt(self, host):
        self.say("STLS")
        trust = ssl.create_default_context()
        self.use(trust.wrap_socket(self.connection, server_hostname=host))

    def numbers(self):
        self.say("LIST")
        return [line.split()[0] for line in self.rest()]

    def fetch(self, number):
        self.say(f"RETR {number}")
        return self.rest()


def main():
    mailbox = Mailbox(SERVER, PORT)
    try:
        mailbox.encrypt(SERVER)
        mailbox.say(f"USER {USER}")
        mailbox.say(f"PASS {PASSWORD}")
        mailbox.say("STAT")
        for number in mailbox.numbers():
            print("\n".join(mailbox.fetch(number)))
    finally:
        mailbox.say("QUIT")


if __name__ == "__main__":
    try:
        main()
    except (Refused, OSError) as error:
        sys.exit(f"not fetched: {error}")
