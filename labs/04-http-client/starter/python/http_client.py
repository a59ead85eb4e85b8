"""A web client. See handout.md."""
from socket import *
import sys

if len(sys.argv) != 4:
    sys.exit("usage: http_client.py server_host server_port filename")
host, port, filename = sys.argv[1:]

connection = socket(AF_INET, SOCK_STREAM)
connection.connect((host, int(port)))
# 1. Send the request: the request line, a line with the Host, and an empty line.
connection.send(f"{filename}".encode())
# 2. Receive the response, until the server closes the connection.
# 3. Print it.
connection.close()
