# Nor is the time of day.
# fails: client-message wrong no-number
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(time.strftime('alive %H:%M:%S').encode(), ('127.0.0.1', 12000))
    time.sleep(1)
