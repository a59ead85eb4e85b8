# It prints what the server should have said, and never asks for it.
# fails: client-reply wrong uppercase.not-printed
from socket import *
s = socket(AF_INET, SOCK_STREAM)
s.connect(('127.0.0.1', 12000))
sentence = input('请输入一行小写字母：')
s.send(sentence.encode())
print('From server:', sentence.upper())
