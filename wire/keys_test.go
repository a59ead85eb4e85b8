package wire_test

import (
	"strings"
	"testing"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire"
)

// places are all that a sentence may fill in.
var places = map[string]any{
	"From": "a", "To": "b", "Count": 2, "Seq": 1, "Method": "X", "Target": "/", "Host": "h", "Status": 299, "Reason": "r",
	"Bytes": 3, "Name": "n", "Type": "A", "Rcode": "NOERROR", "Answers": 1, "Zone": "z", "Want": 4, "Have": 2, "Asked": "c",
	"Address": "192.0.2.100", "Server": "192.0.2.67", "Lease": "12h", "Client": "02:00:00:00:00:01",
	"Link": "l", "Node": "n", "Lost": 1, "All": 2, "Block": 3, "Port": "40001", "Hops": 2, "Max": 998,
}

var ladderKeys = []string{"ladder.lost", "ladder.lost.part", "ladder.discarded", "ladder.discarded.part", "ladder.changed", "ladder.doubled", "ladder.reordered"}

func TestEveryKeyHasItsWords(t *testing.T) {
	for _, language := range []explain.Language{explain.English, explain.Chinese} {
		for _, key := range append(wire.Keys(), ladderKeys...) {
			if said := language.Say(key, places); strings.Contains(said, "⟦") {
				t.Errorf("%s has no words in %s", key, language)
			}
		}
	}
}
