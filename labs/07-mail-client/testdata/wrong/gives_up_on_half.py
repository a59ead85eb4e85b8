# It ends at once when a code is another than it expects, and half a code always is.
# fails: starttls wrong no-tls
# fails: image wrong no-image
# fails: dot skipped takes-no-text
# fails: multi-line wrong first-line-only
# fails: split-reply wrong half-reply
import socket

commands = [(None, "220"), ("HELO me.example.org", "250"), ("MAIL FROM:<me@example.org>", "250"), ("RCPT TO:<you@example.org>", "250"),
            ("DATA", "354"), ("Subject: networks\r\n\r\nI love computer networks!\r\n.", "250"), ("QUIT", "221")]
with socket.socket() as s:
    s.connect(("localhost", 1025))
    for command, wanted in commands:
        if command:
            print(">>>", command)
            s.sendall((command + "\r\n").encode("ascii"))
        reply = s.recv(4096).decode("ascii")
        print("<<<", reply, end="")
        if reply[:3] != wanted:
            print("!!! expected", wanted)
            break
