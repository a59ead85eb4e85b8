# It prints what came, and computes nothing.
# fails: beats wrong no-difference
# fails: lost wrong no-loss
# fails: garbage crash dies-of-garbage
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 12000))
while True:
    try:
        print('Received:', s.recvfrom(1024)[0].decode())
        s.settimeout(5)
    except socket.timeout:
        print('Client stopped')
        s.settimeout(None)
