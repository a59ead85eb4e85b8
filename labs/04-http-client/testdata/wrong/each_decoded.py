# What one recv() brings need not end where a character does.
# fails: utf8 crash split-character
# fails: not-text crash dies-of-picture
# fails: chunked wrong chunk-sizes
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('www.example.com', 80))
s.sendall(b'GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n')
while data := s.recv(4096):
    print(data.decode(), end='')
