"""A POP3 client. See handout.md."""
from socket import *

# 1. Choose a server, a user name and a password.
SERVER = ("mail.example.com", 110)
USER, PASSWORD = "bob", "bob"

client = socket(AF_INET, SOCK_STREAM)
client.connect(SERVER)
lines = client.makefile("rb")
print(lines.readline().decode())

# 2. Send USER and PASS, and print the answers: +OK is expected.
# 3. Send LIST, and read its lines up to the dot.
# 4. Send RETR for a message, read it up to the dot, and print it.
# 5. Send QUIT, and print the answer.

client.close()
