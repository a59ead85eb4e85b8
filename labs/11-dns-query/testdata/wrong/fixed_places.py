# The answer begins with two bytes of pointer, and is an address.
# fails: several wrong not-all
# fails: cname wrong alias
# fails: no-name wrong invented
# fails: cut crash mistake.crash
# fails: tcp crash mistake.crash
# fails: wrong-id wrong wrong-id
# fails: lost crash mistake.crash-timeout
import socket, struct
name = "www.example.com"
q = struct.pack(">HHHHHH", 4660, 256, 1, 0, 0, 0)
for part in name.split("."):
    q += bytes([len(part)]) + part.encode()
q += b"\x00" + struct.pack(">HH", 1, 1)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(3)
s.sendto(q, ("8.8.8.8", 53))
data, _ = s.recvfrom(512)
at = len(q)
print("IP:", socket.inet_ntoa(data[at + 12:at + 16]))
