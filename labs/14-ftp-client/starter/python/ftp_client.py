"""An FTP client: ftp_client.py get HOST FILE. See handout.md."""
import sys
from socket import *

if len(sys.argv) < 4:
    sys.exit("usage: ftp_client.py get HOST FILE")
operation, host, name = sys.argv[1:4]

control = socket(AF_INET, SOCK_STREAM)  # PASV and PORT know IPv4 only
control.connect((host, 21))
# 1. Read the server's greeting: a reply may have several lines, and come in several segments.
print(control.recv(4096).decode())
# 2. Log in: USER anonymous, then PASS and your mail address. Read the reply to each command, and look at its code.
# 3. TYPE I, for files that are no text.
# 4. PASV, and find the six numbers in the reply: where the server waits for the data connection.
# 5. Connect there, and send RETR and the file's name on the control connection.
# 6. Read the data connection to its end, and write the file. Then read the reply 226.
# 7. QUIT.
control.close()
