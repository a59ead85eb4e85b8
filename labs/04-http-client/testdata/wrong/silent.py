# It looks at the status only, and takes every other one for a crash.
# fails: not-found crash mistake.crash-index
# fails: large wrong not-shown
# fails: page wrong not-shown
# fails: no-length wrong not-shown
# fails: chunked wrong not-shown
# fails: segments wrong not-shown
# fails: keep-alive wrong not-shown
# fails: utf8 wrong not-shown
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('127.0.0.1', 80))
s.send(b'GET /index.html HTTP/1.0\r\nHost: localhost\r\n\r\n')
response = s.makefile(errors='replace').read()
body = response.split('200 OK')[1]
print('The server answered:', len(body))
