// The server of a UDP heartbeat: the delay of each, what is missing, and who has
// stopped.
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"time"
)

const stoppedAfter = 3 * time.Second

func main() {
	server, err := net.ListenPacket("udp", ":12000")
	if err != nil {
		log.Fatal(err)
	}
	expected := 0 // the next number; 0 while no client is there
	buffer := make([]byte, 1024)
	for {
		var deadline time.Time
		if expected > 0 {
			deadline = time.Now().Add(stoppedAfter)
		}
		if err := server.SetReadDeadline(deadline); err != nil {
			log.Fatal(err)
		}
		n, _, err := server.ReadFrom(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			fmt.Println("The client has stopped.")
			expected = 0
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		expected = heartbeat(string(buffer[:n]), expected)
	}
}

// heartbeat tells of a message, and returns which number is expected next.
func heartbeat(message string, expected int) int {
	var number int
	var sent float64
	if _, err := fmt.Sscanf(message, "Heartbeat %d %f", &number, &sent); err != nil {
		return expected
	}
	if expected > 0 && number > expected {
		fmt.Printf("%d lost: %d to %d\n", number-expected, expected, number-1)
	}
	fmt.Printf("Heartbeat %d took %.6f s\n", number, float64(time.Now().UnixMicro())/1e6-sent)
	return max(expected, number+1)
}
