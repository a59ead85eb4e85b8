"""The upper-case client, by UDP. See handout.md."""
from socket import *

server = ("localhost", 12000)
client = socket(AF_INET, SOCK_DGRAM)

sentence = input("Input lowercase sentence: ")
# 1. Send the sentence to the server.
# 2. Receive the reply, and print it.
# 3. Do not wait for ever: the sentence, or the reply, may be lost.
client.close()
