"""A mail client. See handout.md."""
from socket import *

message = "\r\n I love computer networks!"
end = "\r\n.\r\n"

# 1. Choose a mail server, and connect to it.
mail_server = ("mail.example.com", 25)
client = socket(AF_INET, SOCK_STREAM)
client.connect(mail_server)

reply = client.recv(1024).decode()
print(reply)
if reply[:3] != "220":
    print("220 reply not received from server.")

# 2. Send HELO and print the reply: 250 is expected.
# 3. Send MAIL FROM and print the reply: 250.
# 4. Send RCPT TO and print the reply: 250.
# 5. Send DATA and print the reply: 354.
# 6. Send the message and its end, and print the reply: 250.
# 7. Send QUIT and print the reply: 221.

client.close()
