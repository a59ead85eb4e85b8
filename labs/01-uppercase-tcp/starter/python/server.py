"""The upper-case server, by TCP. See handout.md."""
from socket import *

welcome = socket(AF_INET, SOCK_STREAM)
welcome.bind(("", 12000))
welcome.listen()
print("The server is ready to receive")

connection, address = welcome.accept()
# 1. Read the line that the client sends: up to its "\n", in as many pieces as it comes.
# 2. Send it back in capitals.
connection.close()
# 3. Serve the next client, and the one after that, for ever.
