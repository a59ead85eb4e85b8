# It never looks at the numbers.
# fails: lost wrong no-loss
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 12000))
while True:
    try:
        data, addr = s.recvfrom(1024)
        word, seq, stamp = data.decode().split()
        print(f'received {seq}, difference {time.time() - float(stamp):.3f} s')
        s.settimeout(2)
    except ValueError:
        pass
    except socket.timeout:
        print('no heartbeat')
        s.settimeout(None)
