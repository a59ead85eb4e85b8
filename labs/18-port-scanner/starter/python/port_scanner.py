"""A port scanner. See handout.md."""
import sys
from socket import *

host = sys.argv[1] if len(sys.argv) > 1 else "localhost"
first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
last = int(sys.argv[3]) if len(sys.argv) > 3 else 100


def is_open(port):
    """Whether somebody accepts connections at the port."""
    scanner = socket(AF_INET, SOCK_STREAM)
    # 1. Give the socket a timeout: a port that says nothing must not stop you.
    # 2. Try to connect to (host, port). What happens if nobody listens there?
    # 3. Close the socket, whatever happened, and return True or False.
    scanner.connect((host, port))
    return True


# 4. Try each port from first to last, and print those that are open.
print(first, is_open(first))
