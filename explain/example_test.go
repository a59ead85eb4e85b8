package explain_test

import (
	"fmt"
	"os"

	"github.com/wirebook/wirebook/explain"
)

// What wirebook explain port 69 prints.
func ExampleLanguage_Lookup() {
	for _, entry := range explain.English.Lookup("port", "69") {
		if err := explain.English.Print(os.Stdout, entry, 60); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// tftp 69/udp — Trivial File Transfer Protocol
	//   The first request of TFTP goes here; the server answers
	//   from a new port, which the rest of the transfer uses.
	//   Kind      port
	//   RFC       1350
	//   See also  TFTP
}

func ExampleLanguage_Say() {
	size := map[string]any{"Count": 2}
	fmt.Println(explain.English.Say("message.udp.data", size))
	fmt.Println(explain.Chinese.Say("message.udp.data", size))
	// Output:
	// A datagram with 2 bytes of data.
	// 一个携带 2 字节数据的数据报。
}
