"""A web server. See handout.md."""
from socket import *

server = socket(AF_INET, SOCK_STREAM)
server.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
# 1. Bind the socket to port 6789 and listen.

while True:
    connection, address = server.accept()
    # 2. Read the request up to its empty line.
    # 3. Find the file that the first line names.
    # 4. Send the status line, header lines, an empty line, and the file.
    # 5. If there is no such file: 404 Not Found.
    connection.close()
