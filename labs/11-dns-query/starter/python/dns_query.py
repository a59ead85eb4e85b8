"""A DNS query by hand. See handout.md.

python3 dns_query.py NAME
"""
import socket
import struct
import sys

SERVER = ("8.8.8.8", 53)
name = sys.argv[1] if len(sys.argv) > 1 else "www.example.com"

# 1. The header: six numbers of 16 bits, in network byte order ("!").
header = struct.pack("!6H", 0x1234, 0, 0, 0, 0, 0)
# 2. The question: the name as labels, the type A, the class IN.
question = b""

client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendto(header + question, SERVER)
# 3. Receive the reply; do not wait for ever.
# 4. Is it the reply to your query? Compare the ID.
# 5. Take the header apart, and skip the question.
# 6. Print the address of each answer of type A.
