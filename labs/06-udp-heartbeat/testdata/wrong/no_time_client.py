# Without a time, nobody can tell how long it took.
# fails: client-message wrong no-time
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
n = 0
while True:
    s.sendto(f'Heartbeat #{n}'.encode(), ('heartbeat.example.com', 5005))
    n += 1
    time.sleep(0.3)
