"""A port scanner: port_scanner.py HOST FIRST LAST."""
import sys
from concurrent.futures import ThreadPoolExecutor
from socket import *

TIMEOUT = 1  # seconds; a port that says nothing is behind a firewall
AT_ONCE = 50


def is_open(address, port):
    """Whether somebody accepts connections at the port."""
    with socket(AF_INET, SOCK_STREAM) as scanner:
        scanner.settimeout(TIMEOUT)
        return scanner.connect_ex((address, port)) == 0


def main():
    host, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    try:
        address = gethostbyname(host)
    except gaierror:
        sys.exit(f"There is no host {host}")
    ports = range(first, last + 1)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for port, found in zip(ports, pool.map(lambda port: is_open(address, port), ports)):
            if found:
                print(f"{port} open")


main()
