# A timeout that nobody catches is no way to notice something.
# fails: stopped crash mistake.crash-timeout
# fails: again crash mistake.crash-timeout
# fails: garbage crash dies-of-garbage
import json, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 12000))
expected = 1
while True:
    data, addr = s.recvfrom(1024)
    s.settimeout(2)
    beat = json.loads(data)
    print('Beat', beat['seq'], 'Time diff:', time.time() - beat['timestamp'])
    if beat['seq'] != expected:
        print('Missing packets:', beat['seq'] - expected)
    expected = beat['seq'] + 1
