# It knows one file and one port: 69, to which it sends its acknowledgements, too.
# fails: * wrong answers-request-port
# fails: error pass
# fails: lost-request hang no-resend
# may: stranger
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server = ('10.0.0.5', 69)
s.sendto(b'\0\1file.txt\0octet\0', server)
with open('file.txt', 'wb') as f:
    while True:
        data = s.recv(516)
        if data[1] == 5:
            print('error')
            break
        f.write(data[4:])
        s.sendto(b'\0\4' + data[2:4], server)
        if len(data) < 516:
            break
