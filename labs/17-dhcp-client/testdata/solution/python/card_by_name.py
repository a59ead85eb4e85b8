"""The same with a class, for a card whose name is in the source."""
import socket, struct, random, fcntl, sys, time

IFACE = 'enp0s3'
def get_mac(ifname):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    info = fcntl.ioctl(s.fileno(), 0x8927, struct.pack('256s', ifname[:15].encode()))
    return info[18:24]

class DHCPClient:
    def __init__(self, iface):
        self.mac = get_mac(iface)
        self.xid = random.getrandbits(32)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, 25, (iface + '\0').encode())
        self.sock.bind(('0.0.0.0', 68))
        self.sock.settimeout(4)
    def packet(self, opts):
        p = struct.pack('!BBBBIHH', 1, 1, 6, 0, self.xid, 0, 0x8000)
        p += b'\0' * 16 + self.mac + b'\0' * 10 + b'\0' * 64 + b'\0' * 128
        p += b'\x63\x82\x53\x63' + opts + b'\xff'
        return p
    def send(self, opts): self.sock.sendto(self.packet(opts), ('255.255.255.255', 67))
    def recv(self, kinds):
        end = time.time() + 4
        while time.time() < end:
            try: d, a = self.sock.recvfrom(2048)
            except socket.timeout: return None
            if len(d) < 244 or d[0] != 2 or struct.unpack('!I', d[4:8])[0] != self.xid: continue
            o = self.options(d[240:])
            if o.get(53, b'\0')[0] in kinds: return d, o
    @staticmethod
    def options(b):
        o, i = {}, 0
        while i < len(b) and b[i] != 255:
            if b[i] == 0: i += 1; continue
            o[b[i]] = b[i+2:i+2+b[i+1]]; i += 2 + b[i+1]
        return o
    def run(self):
        for attempt in range(5):
            print('DHCPDISCOVER')
            self.send(b'\x35\x01\x01\x37\x04\x01\x03\x06\x33')
            r = self.recv([2])
            if not r: print('no offer'); continue
            d, o = r
            print('DHCPOFFER', socket.inet_ntoa(d[16:20]), 'from', socket.inet_ntoa(o[54]))
            for k in range(2):
                self.send(b'\x35\x01\x03\x32\x04' + d[16:20] + b'\x36\x04' + o[54])
                r = self.recv([5, 6])
                if r: break
            if not r or r[1][53][0] == 6:
                print('DHCPNAK or nothing, again'); continue
            d, o = r
            print('DHCPACK: IP', socket.inet_ntoa(d[16:20]))
            print('mask', socket.inet_ntoa(o[1]), 'router', socket.inet_ntoa(o[3][:4]), 'dns', socket.inet_ntoa(o[6][:4]), 'lease', struct.unpack('!I', o[51])[0], 's')
            return
        sys.exit('no DHCP server')
DHCPClient(sys.argv[1] if len(sys.argv) > 1 else IFACE).run()
