# Replies always go to the first client.
# fails: again hang uppercase.only-once
# fails: two-clients hang wrong-client
# fails: empty hang uppercase.only-once
# fails: not-text hang uppercase.only-once
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.bind(('', 12000))
client = None
while True:
    m, a = s.recvfrom(2048)
    client = client or a
    s.sendto(m.decode(errors='replace').upper().encode(), client)
