# The system does it all, for a name of the program's own.
# fails: * wrong library
import socket

print(socket.gethostbyname("www.example.com"))
