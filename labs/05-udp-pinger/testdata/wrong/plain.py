# As most solutions are: right, without statistics, and a reply is a reply.
# fails: stats wrong no-statistics
# fails: late wrong late-reply
import time
from socket import *
s = socket(AF_INET, SOCK_DGRAM)
s.settimeout(1)
for i in range(1, 11):
    start = time.time()
    message = 'Ping ' + str(i) + ' ' + time.ctime(start)
    s.sendto(message.encode(), ('127.0.0.1', 12000))
    try:
        data, server = s.recvfrom(1024)
        print('Reply:', data.decode())
        print('RTT: %.3f ms' % ((time.time() - start) * 1000))
    except timeout:
        print('Request timed out')
