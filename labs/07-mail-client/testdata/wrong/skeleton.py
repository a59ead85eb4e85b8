# The assignment's skeleton, filled in as most do: it says what is wrong, and goes on.
# fails: starttls wrong no-tls
# fails: image wrong no-image
# fails: refused wrong data-after-550
# fails: multi-line wrong first-line-only
# fails: split-reply wrong half-reply
# fails: goes-away wrong goes-on
# fails: dot skipped takes-no-text
from socket import *
msg = "From: alice@example.com\r\nTo: bob@example.net\r\nSubject: Hi\r\n\r\nI love computer networks!"
endmsg = "\r\n.\r\n"
clientSocket = socket(AF_INET, SOCK_STREAM)
clientSocket.connect(("127.0.0.1", 25))
def get(code):
    recv = clientSocket.recv(1024).decode()
    print(recv)
    if recv[:3] != code:
        print(code + ' reply not received from server.')
def say(text, code):
    clientSocket.send(text.encode())
    get(code)
get('220')
say('HELO Alice\r\n', '250')
say('MAIL FROM:<alice@example.com>\r\n', '250')
say('RCPT TO:<bob@example.net>\r\n', '250')
say('DATA\r\n', '354')
clientSocket.send(msg.encode())
say(endmsg, '250')
say('QUIT\r\n', '221')
clientSocket.close()
