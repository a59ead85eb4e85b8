# It hears the greeting, and says nothing.
# fails: * wrong no-command
import socket
print(socket.create_connection(('pop.qq.com', 110)).recv(1024))
