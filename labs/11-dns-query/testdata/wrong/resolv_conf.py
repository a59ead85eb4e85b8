# It asks the server of /etc/resolv.conf for the name that is typed; no timeout, no TCP, no look at the ID.
# fails: tcp wrong no-tcp
# fails: lost crash mistake.crash-timeout
# fails: wrong-id wrong wrong-id
# may: no-name cut pointer-loop
import re, socket, struct
name = input('Host name to look up: ').strip()
server = re.search(r'nameserver (\S+)', open('/etc/resolv.conf').read()).group(1)
query = struct.pack('!6H', 7, 0x100, 1, 0, 0, 0) + b''.join(bytes([len(x)]) + x.encode() for x in name.split('.')) + b'\0\0\1\0\1'
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.sendto(query, (server, 53))
reply = s.recv(512)
at = len(query)
for _ in range(reply[7]):
    while reply[at] and reply[at] < 192:
        at += reply[at] + 1
    at += 2 if reply[at] else 1
    kind, _, ttl, n = struct.unpack('!HHIH', reply[at:at + 10])
    at += 10
    if kind == 1:
        print('Address:', '.'.join(str(b) for b in reply[at:at + n]))
    at += n
