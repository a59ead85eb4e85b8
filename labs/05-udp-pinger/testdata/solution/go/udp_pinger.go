// A UDP pinger: ten pings, each with its reply and round-trip time, and a summary.
package main

import (
	"fmt"
	"log"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

const pings = 10

func main() {
	server, err := net.Dial("udp", "localhost:12000")
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	var times []float64
	for number := 1; number <= pings; number++ {
		begin := time.Now()
		fmt.Fprintf(server, "Ping %d %d", number, begin.UnixMicro())
		reply, err := await(server, number, begin.Add(time.Second))
		if err != nil {
			fmt.Println("Request timed out")
			continue
		}
		rtt := time.Since(begin).Seconds()
		times = append(times, rtt)
		fmt.Printf("%s  RTT %.6f s\n", reply, rtt)
	}
	summary(times)
}

// await returns the reply to this very ping; one that is late for another is
// ignored.
func await(server net.Conn, number int, deadline time.Time) (string, error) {
	if err := server.SetReadDeadline(deadline); err != nil {
		return "", err
	}
	buffer := make([]byte, 1024)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return "", err
		}
		reply := string(buffer[:n])
		if words := strings.Fields(reply); len(words) > 1 && words[1] == strconv.Itoa(number) {
			return reply, nil
		}
	}
}

func summary(times []float64) {
	fmt.Printf("%d sent, %d received, %d%% lost\n", pings, len(times), 100*(pings-len(times))/pings)
	if len(times) == 0 {
		return
	}
	sum := 0.0
	for _, t := range times {
		sum += t
	}
	fmt.Printf("RTT min %.6f s, average %.6f s, max %.6f s\n", slices.Min(times), sum/float64(len(times)), slices.Max(times))
}
