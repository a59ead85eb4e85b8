# A block without data is no end for it: a file of whole blocks is never complete.
# fails: exact hang never-ends
# fails: upload wrong no-upload
# fails: upload-exact wrong no-upload
# fails: upload-lost wrong no-upload
# fails: duplicate-ack wrong no-upload
# fails: stranger wrong stranger
# fails: lost-request hang no-resend
import socket, struct, sys
host, name = sys.argv[1], sys.argv[2]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'\0\1' + name.encode() + b'\0octet\0', (host, 69))
n = 1
with open(name, 'wb') as f:
    while True:
        data, address = s.recvfrom(516)
        op, block = struct.unpack('!HH', data[:4])
        if op == 5:
            sys.exit(data[4:-1].decode())
        s.sendto(struct.pack('!HH', 4, block), address)
        if block == n:
            f.write(data[4:])
            n += 1
        if 4 < len(data) < 516:
            break
