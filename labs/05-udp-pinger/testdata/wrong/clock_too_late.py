# The clock is read when the reply is there, so that all times are 0; and it sleeps between the pings.
# fails: rtt wrong no-rtt
# fails: stats wrong no-statistics
# fails: late wrong late-reply
import socket
import time

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
for i in range(1, 11):
    s.sendto(("Ping %d %s" % (i, time.strftime("%H:%M:%S"))).encode(), ("127.0.0.1", 12000))
    try:
        reply, _ = s.recvfrom(1024)
        start = time.time()
        print(reply.decode(), "Reply", i, "RTT:", time.time() - start)
    except socket.timeout:
        print("Request timed out")
    time.sleep(0.5)
