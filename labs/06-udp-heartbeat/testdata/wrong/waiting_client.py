# It waits for an answer that no heartbeat has.
# fails: client-alone hang waits-for-reply
import socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 12002))
for n in range(100):
    s.sendto(struct.pack('!Hd', n, time.time()), ('127.0.0.1', 12000))
    print(s.recvfrom(1024))
    time.sleep(0.3)
