# Its own format; ends when the client has stopped; a datagram that is none ends it, too.
# fails: again wrong ends-with-client
# fails: garbage crash dies-of-garbage
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('0.0.0.0', 12000))
last, lost = 0, 0
while True:
    try:
        data, addr = s.recvfrom(1024)
        s.settimeout(4)
    except socket.timeout:
        print('Client application has stopped')
        break
    seq, stamp = data.decode().split(',')
    lost += int(seq) - last - 1
    last = int(seq)
    print('From', addr, 'seq', seq, 'time difference', time.time() - float(stamp), 'packets lost:', lost)
