# Without the loop; and a port as in the manual's examples, which the kernel may choose, too.
# fails: again wrong uppercase.only-once
# fails: two-clients wrong wrong-client
# fails: empty wrong uppercase.only-once
# fails: not-text wrong uppercase.only-once
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.bind(('127.0.0.1', 50007))
m, a = s.recvfrom(2048)
s.sendto(m.decode().upper().encode(), a)
