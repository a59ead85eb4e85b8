# It waits for ever, so that it never notices that the client has stopped.
# fails: stopped hang not-noticed
# fails: again hang not-noticed
# fails: garbage crash dies-of-garbage
import socket, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 12000))
last = None
while True:
    data, addr = s.recvfrom(1024)
    seq, stamp = struct.unpack('!Id', data)
    if last is not None and seq > last + 1:
        print('Lost', list(range(last + 1, seq)))
    last = seq
    print(seq, 'delay', round((time.time() - stamp) * 1000, 2), 'ms')
