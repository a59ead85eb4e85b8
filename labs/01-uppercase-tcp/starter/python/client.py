"""The upper-case client, by TCP. See handout.md."""
from socket import *

server = ("localhost", 12000)
connection = socket(AF_INET, SOCK_STREAM)
connection.connect(server)

sentence = input("Input lowercase sentence: ")
# 1. Send the sentence, with "\n" at its end.
# 2. Receive the reply, until the server closes the connection or the line is complete.
# 3. Print it.
connection.close()
