# Wirebook's images:
#
#   wirebook   the program and nothing else: each host of a class, and its switches
#   student    a workstation, with the programs that a class on networks uses
#
# docker-compose.yml builds both. Alone: docker build --target wirebook -t wirebook .

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
# What takes longest of the libraries, in a layer of its own: it stays compiled when only
# our own code has changed.
RUN CGO_ENABLED=0 go build -trimpath html/template net/http \
      github.com/emersion/go-imap/v2/imapserver github.com/emersion/go-smtp github.com/fclairamb/ftpserverlib \
      github.com/gopacket/gopacket/pcapgo github.com/insomniacslk/dhcp/dhcpv4 github.com/miekg/dns \
      github.com/nicksnyder/go-i18n/v2/i18n github.com/shirou/gopsutil/v4/net github.com/spf13/cobra \
      github.com/vishvananda/netlink gvisor.dev/gvisor/pkg/tcpip/network/arp \
      gvisor.dev/gvisor/pkg/tcpip/network/ipv4 gvisor.dev/gvisor/pkg/tcpip/network/ipv6 \
      gvisor.dev/gvisor/pkg/tcpip/transport/icmp gvisor.dev/gvisor/pkg/tcpip/transport/raw \
      gvisor.dev/gvisor/pkg/tcpip/transport/tcp gvisor.dev/gvisor/pkg/tcpip/transport/udp
COPY . .
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/wirebook ./cmd/wirebook \
 && mkdir -p /out/run /out/seats /out/lib

FROM scratch AS wirebook
COPY --from=build /out/wirebook /wirebook
# New volumes are the user's, as these are.
COPY --from=build --chown=65532:65532 /out/run /run/wirebook
COPY --from=build --chown=65532:65532 /out/seats /run/seats
COPY --from=build --chown=65532:65532 /out/lib /var/lib/wirebook
# wirebook ps and wirebook watch find the class here.
ENV XDG_RUNTIME_DIR=/run/wirebook
USER 65532:65532
ENTRYPOINT ["/wirebook"]

FROM debian:bookworm-slim AS student
# hadolint ignore=DL3008
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      bash-completion bind9-dnsutils ca-certificates curl fonts-wqy-zenhei iproute2 iputils-ping less lftp \
      locales mutt nano netcat-openbsd procps python3 swaks tcpdump telnet tftp-hpa traceroute vim-tiny \
 && rm -rf /var/lib/apt/lists/* \
 && sed -i 's/^# *\(en_US.UTF-8\|zh_CN.UTF-8\)/\1/' /etc/locale.gen \
 && locale-gen \
 && mkdir -p /home/student
ENV LANG=en_US.UTF-8 HOME=/home/student
COPY --from=build /out/wirebook /usr/local/bin/wirebook
COPY --from=build --chown=65532:65532 /out/seats /run/seats
RUN ln -s /usr/local/bin/wirebook /wirebook
WORKDIR /home/student
ENTRYPOINT ["/wirebook", "serve", "--newcomer", "student", "--"]
