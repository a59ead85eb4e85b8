# The password comes before STARTTLS.
# fails: starttls wrong clear-password
"""A mail client: SMTP by hand, on a socket."""
import base64
import socket
import ssl
import sys

SERVER, PORT = "smtp.example.com", 587
USER, PASSWORD = "alice@example.com", "secret"
SENDER, RECIPIENT = "alice@example.com", "bob@example.net"

# A picture of one pixel.
PICTURE = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAE"
           "hQGAhKmMIQAAAABJRU5ErkJggg==")


class Refused(Exception):
    """The server said something else than was expected."""


class Conversation:
    """The client's end of an SMTP conversation."""

    def __init__(self, host, port):
        self.host = host
        self.use(socket.create_connection((host, port), timeout=60))
        self.expect("220")

    def use(self, connection):
        self.connection = connection
        self.lines = connection.makefile("rb")

    def expect(self, code):
        """Read a reply to its last line, which has no hyphen behind its code."""
        while True:
            line = self.lines.readline().decode(errors="replace")
            if not line.endswith("\n"):
                raise Refused("the server closed the connection")
            print("S:", line.rstrip())
            if line[3:4] != "-":
                break
        if line[:3] != code:
            raise Refused(f"{code} expected, and not {line.rstrip()}")

    def say(self, line, code, secret=False):
        print("C:", "…" if secret else line)
        self.connection.sendall(line.encode() + b"\r\n")
        self.expect(code)

    def encrypt(self):
        self.say("STARTTLS", "220")
        trust = ssl.create_default_context()
        self.use(trust.wrap_socket(self.connection, server_hostname=self.host))

    def log_in(self, user, password):
        self.say("AUTH LOGIN", "334")
        self.say(base64.b64encode(user.encode()).decode(), "334", secret=True)
        self.say(base64.b64encode(password.encode()).decode(), "235", secret=True)

    def send(self, sender, recipient, message):
        self.say(f"MAIL FROM:<{sender}>", "250")
        self.say(f"RCPT TO:<{recipient}>", "250")
        self.say("DATA", "354")
        self.say(stuffed(message) + "\r\n.", "250")


def stuffed(message):
    """Double the dot at the beginning of a line; a dot alone ends the message."""
    return "\r\n".join("." + line if line.startswith(".") else line
                       for line in message.split("\r\n"))


def compose(text):
    """Header, blank line, and a body of two parts: the text and a picture."""
    return "\r\n".join([
        f"From: <{SENDER}>",
        f"To: <{RECIPIENT}>",
        "Subject: Hello",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="part"',
        "",
        "--part",
        "Content-Type: text/plain; charset=utf-8",
        "",
        text,
        "--part",
        "Content-Type: image/png",
        "Content-Transfer-Encoding: base64",
        "",
        PICTURE,
        "--part--",
    ])


def main():
    text = input("Text: ")
    smtp = Conversation(SERVER, PORT)
    try:
        smtp.say("EHLO student", "250")
        smtp.log_in(USER, PASSWORD)
        smtp.encrypt()
        smtp.say("EHLO student", "250")
        smtp.send(SENDER, RECIPIENT, compose(text))
    finally:
        smtp.say("QUIT", "221")


if __name__ == "__main__":
    try:
        main()
    except (Refused, OSError) as error:
        sys.exit(f"not sent: {error}")
