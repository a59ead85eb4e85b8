# Written for Python 2.
# fails: * interpreter mistake.python2
from socket import *
server = socket(AF_INET, SOCK_STREAM)
server.bind(("", 6789))
server.listen(1)
print "ready"
