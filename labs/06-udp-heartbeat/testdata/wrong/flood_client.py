# No pause.
# fails: client-beats wrong flood
# may: client-message client-alone
import itertools, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in itertools.count(1):
    s.sendto(f'{n} {time.time()}'.encode(), ('127.0.0.1', 12000))
