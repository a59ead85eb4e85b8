"""A web proxy with a cache. See handout.md."""
from socket import *

proxy = socket(AF_INET, SOCK_STREAM)
proxy.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
proxy.bind(("", 8888))
proxy.listen(5)
print("Ready to serve...")

while True:
    browser, address = proxy.accept()
    # 1. Read the request up to its blank line.
    request = browser.recv(4096)
    # 2. Find the host and the path in its first line, in both of its forms.
    # 3. Is there a copy in the cache? Then send that.
    # 4. If not: connect to port 80 of the host, ask for the path, read the whole response.
    # 5. Keep a copy, and send the response to the browser.
    browser.close()
