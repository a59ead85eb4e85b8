# The system does it all, for the name that it is given.
# fails: * wrong library
import socket
import sys

name = sys.argv[1]
print(name, "has the address", socket.gethostbyname(name))
