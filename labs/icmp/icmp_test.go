package icmp

import (
	"fmt"
	"testing"
	"time"
)

func TestPrinted(t *testing.T) {
	const least, most = 300 * time.Millisecond, 4 * time.Second
	now := float64(time.Now().UnixMilli()) / 1e3
	for text, want := range map[string]bool{
		"0.3141":                          true,
		"rtt = 314.1 ms":                  true,
		"314123 us":                       true,
		"314123456ns":                     true,
		"64 bytes from 192.168.300.1":     false, // an address is no time
		"3 received":                      false,
		"31.4 ms":                         false,
		fmt.Sprint("delay: ", now):        false, // nanoseconds it is not
		fmt.Sprintf("at %.0f: 0.31", now): true,
	} {
		if got := Printed(text, least, most); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
