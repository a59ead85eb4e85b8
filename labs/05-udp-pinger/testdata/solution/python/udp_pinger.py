"""A UDP pinger: ten pings, each with its reply and round-trip time, and a summary."""
import time
from socket import AF_INET, SOCK_DGRAM, socket, timeout

PINGS = 10


def await_reply(client, number, deadline):
    """Returns the reply to this very ping; one that is late for another is ignored."""
    while True:
        client.settimeout(max(deadline - time.monotonic(), 0.001))
        words = (reply := client.recv(1024).decode(errors="replace")).split()
        if len(words) > 1 and words[1] == str(number):
            return reply


client = socket(AF_INET, SOCK_DGRAM)
client.connect(("localhost", 12000))
times = []
for number in range(1, PINGS + 1):
    begin = time.monotonic()
    try:
        client.send(f"Ping {number} {time.time():.6f}".encode())
        reply = await_reply(client, number, begin + 1)
        times.append(time.monotonic() - begin)
        print(f"{reply}  RTT {times[-1]:.6f} s")
    except (timeout, ConnectionRefusedError):
        print("Request timed out")
client.close()

print(f"{PINGS} sent, {len(times)} received, {100 * (PINGS - len(times)) / PINGS:.0f}% lost")
if times:
    print(f"RTT min {min(times):.6f} s, average {sum(times) / len(times):.6f} s, max {max(times):.6f} s")
