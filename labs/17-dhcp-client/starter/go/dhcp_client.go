// A DHCP client. See handout.md. Port 68 needs root: run it with wirebook run --no-address.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"net"
	"syscall"
)

func main() {
	card, err := firstCard()
	if err != nil {
		log.Fatal(err)
	}
	link, err := open(card.Name)
	if err != nil {
		log.Fatal(err)
	}
	defer link.Close()
	fmt.Println("asking on", card.Name, card.HardwareAddr)

	m := make([]byte, 240)
	m[0], m[1], m[2] = 1, 1, 6                   // a request, of an Ethernet card, whose address has six bytes
	if _, err := rand.Read(m[4:8]); err != nil { // the transaction's number
		log.Fatal(err)
	}
	// 1. The flags' highest bit (byte 10) asks the server to broadcast its answers. Put it there.
	// 2. The MAC address is at byte 28, the cookie 99, 130, 83, 99 at byte 236.
	// 3. Add the options: 53 (message type), one byte; and the end, 255.
	if _, err := link.WriteTo(m, &net.UDPAddr{IP: net.IPv4bcast, Port: 67}); err != nil {
		log.Fatal(err)
	}
	// 4. Receive the offer: is it a reply (1st byte 2), with your xid? Your address is in bytes 16 to 19. Take its options apart.
	// 5. Send a REQUEST: type 3, option 50 (the address), option 54 (the server's identifier, from the offer).
	// 6. Receive the ACK, and print the address. After a NAK begin again. After four seconds without an answer, send again.
}

// firstCard is the first network card that is not the loopback.
func firstCard() (*net.Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, card := range all {
		if card.Flags&net.FlagLoopback == 0 && len(card.HardwareAddr) == 6 {
			return &card, nil
		}
	}
	return nil, fmt.Errorf("there is no network card")
}

// open binds port 68 on a card: without an address there is no route, so the
// kernel must be told by which one to send.
func open(card string) (net.PacketConn, error) {
	listen := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		_ = c.Control(func(fd uintptr) {
			err = syscall.SetsockoptString(int(fd), syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, card)
		})
		return err
	}}
	return listen.ListenPacket(context.Background(), "udp4", ":68")
}
