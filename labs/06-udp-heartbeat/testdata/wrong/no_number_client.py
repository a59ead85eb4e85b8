# Without a number, nobody can tell whether one was lost.
# fails: client-message wrong no-number
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(f'alive {time.time()}'.encode(), ('127.0.0.1', 12000))
    time.sleep(0.3)
