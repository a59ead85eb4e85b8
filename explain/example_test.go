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
	found := map[string]any{"Count": 2}
	fmt.Println(explain.English.Say("cli.explain.found", found))
	fmt.Println(explain.Chinese.Say("cli.explain.found", found))
	// Output:
	// 2 entries
	// 共 2 个条目
}
