"""The upper-case client: types a line to the server, and prints what comes back."""
from socket import create_connection

with create_connection(("localhost", 12000)) as connection, connection.makefile("rw", encoding="utf-8") as stream:
    sentence = input("Input lowercase sentence: ")
    stream.write(sentence + "\n")
    stream.flush()
    print("From server:", stream.readline().rstrip("\n"))
