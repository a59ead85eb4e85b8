# A file is opened as text; the thread that meets other bytes dies, and the server says nothing.
# fails: binary crash mistake.crash-decode
# fails: large crash mistake.crash-decode
# fails: upload wrong no-upload
# fails: upload-exact wrong no-upload
# fails: upload-duplicate wrong no-upload
# fails: garbage crash dies-of-garbage
# fails: way-out wrong way-out
# fails: stranger wrong stranger
import os, socket, struct, threading
def send(name, address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(2)
    if not os.path.exists(name):
        s.sendto(struct.pack('!HH', 5, 1) + b'File not found\0', address)
        return
    with open(name) as f:
        n = 0
        while True:
            data = f.read(512).encode()
            n = (n + 1) & 65535
            for tries in range(30):
                s.sendto(struct.pack('!HH', 3, n) + data, address)
                try:
                    while s.recvfrom(100)[0][:4] != struct.pack('!HH', 4, n):
                        pass
                    break
                except socket.timeout:
                    print('timeout', n)
            else:
                return
            if len(data) < 512:
                return
main = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
main.bind(('', 69))
while True:
    data, address = main.recvfrom(516)
    op, = struct.unpack('!H', data[:2])
    if op == 1:
        threading.Thread(target=send, args=(data[2:].split(b'\0')[0].decode(), address)).start()
    else:
        main.sendto(struct.pack('!HH', 5, 4) + b'Illegal operation\0', address)
