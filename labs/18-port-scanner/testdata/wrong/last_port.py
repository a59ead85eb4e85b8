# range() leaves out its end.
# fails: last-port wrong last-port
# fails: parallel wrong one-at-a-time
import sys
from socket import *
host = input("Enter a remote host to scan: ")
start = int(input("Start port: "))
end = int(input("End port: "))
try:
    ip = gethostbyname(host)
except gaierror:
    print("Hostname could not be resolved")
    sys.exit()
print("Please wait, scanning remote host", ip)
for port in range(start, end):
    s = socket(AF_INET, SOCK_STREAM)
    s.settimeout(0.5)
    if s.connect_ex((ip, port)) == 0:
        print("Port {}: \t Open".format(port))
    s.close()
print("Scanning completed")
