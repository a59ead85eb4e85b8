# A program as classes write it: the next block's number is compared, and a block that
# comes again is not acknowledged; there is no timeout, and only fetching.
# fails: duplicate hang no-second-ack
# fails: stranger wrong stranger
# fails: lost-request hang no-resend
# fails: upload wrong no-upload
# fails: upload-exact wrong no-upload
# fails: upload-lost wrong no-upload
# fails: duplicate-ack wrong no-upload
import struct
import sys
from socket import *

if len(sys.argv) != 2:
    print("tips: python xxxx.py 192.168.1.1")
    sys.exit(1)
s = socket(AF_INET, SOCK_DGRAM)
s.sendto(struct.pack("!H8sb5sb", 1, b"test.jpg", 0, b"octet", 0), (sys.argv[1], 69))
number = 0
while True:
    data, server = s.recvfrom(1024)
    op, block = struct.unpack("!HH", data[:4])
    if op == 3:
        if block == 1:
            file = open("test.jpg", "ab")
        if number + 1 == block:
            file.write(data[4:])
            number += 1
            print("(%d)次接收到的数据" % number)
            s.sendto(struct.pack("!HH", 4, number), server)
            if len(data) < 516:
                file.close()
                print("已经下载完毕!!!")
                break
    elif op == 5:
        print("error num:%d" % block)
        break
s.close()
