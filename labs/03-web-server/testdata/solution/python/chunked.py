"""A web server that sends the pages of its folder www in chunks."""
import os
import socketserver


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        words = self.rfile.readline().split()
        while self.rfile.readline() not in (b"\r\n", b""):
            pass
        if len(words) != 3:
            return
        root = os.path.realpath("www")
        name = os.path.realpath(root + words[1].decode().split("?")[0])
        if not name.startswith(root + os.sep) or not os.path.isfile(name):
            self.wfile.write(b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nNot found\r\n0\r\n\r\n")
            return
        try:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            with open(name, "rb") as file:
                while part := file.read(1000):
                    self.wfile.write(b"%X;some=thing\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\nTrailer: too\r\n\r\n")
        except OSError:
            pass  # the client has gone


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True


Server(("", 6789), Handler).serve_forever()
