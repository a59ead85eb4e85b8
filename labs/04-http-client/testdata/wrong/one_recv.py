# One recv() is taken for the whole response.
# fails: large wrong cut
# fails: segments wrong cut
# fails: utf8 crash split-character
# fails: not-text crash dies-of-picture
from socket import *
host = input('Enter server host: ')
port = int(input('Enter port: '))
name = input('Enter file name: ')
s = socket(AF_INET, SOCK_STREAM)
s.connect((host, port))
s.send(f'GET {name} HTTP/1.0\r\nHost: {host}\r\n\r\n'.encode())
print(s.recv(4096).decode())
s.close()
