package internet

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseFaults(t *testing.T) {
	tests := []struct {
		text string
		want Faults
		back string // how String writes it; "" means as text
	}{
		{"", Faults{}, ""},
		{"loss=0.3,delay=100ms", Faults{Loss: 0.3, Delay: 100 * time.Millisecond}, ""},
		{"loss=30%", Faults{Loss: 0.3}, "loss=0.3"},
		{" delay=1s , jitter=20ms", Faults{Delay: time.Second, Jitter: 20 * time.Millisecond}, "delay=1s,jitter=20ms"},
		{"dup=0.1,reorder=0.2,corrupt=1", Faults{Duplicate: 0.1, Reorder: 0.2, Corrupt: 1}, ""},
		{"rate=10Mbit,queue=50", Faults{Rate: 10e6, Queue: 50}, ""},
		{"rate=1.5Mbit", Faults{Rate: 1_500_000}, "rate=1500kbit"},
		{"rate=56000", Faults{Rate: 56_000}, "rate=56kbit"},
		{"rate=300bit", Faults{Rate: 300}, ""},
		{"rate=1gbit", Faults{Rate: 1e9}, "rate=1Gbit"},
		{"drop=3+6+7", Faults{Drop: []uint64{3, 6, 7}}, ""},
		{"down", Faults{Down: true}, ""},
	}
	for _, test := range tests {
		got, err := ParseFaults(test.text)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("ParseFaults(%q) = %+v, %v; want %+v", test.text, got, err, test.want)
		}
		back := test.back
		if back == "" {
			back = test.text
		}
		if got.String() != back {
			t.Errorf("%q comes back as %q, not %q", test.text, got, back)
		}
	}
}

func TestParseFaultsSaysWhatToWrite(t *testing.T) {
	tests := []struct{ text, want string }{
		{"loss=2", "loss=0.3"},
		{"loss=-0.1", "from 0 to 1"},
		{"loss=NaN", "from 0 to 1"},
		{"loss", "loss needs a value, as loss=0.3"},
		{"los=0.3", `"los" is no fault; there are loss, dup,`},
		{"delay=100", "write it as delay=100ms"},
		{"delay=-1s", "delay=100ms"},
		{"rate=fast", "rate=10Mbit"},
		{"rate=0", "rate=10Mbit"},
		{"rate=-5", "rate=10Mbit"},
		{"queue=-1", "queue=100"},
		{"queue=some", "queue=100"},
		{"drop=0", "the first frame is number 1"},
		{"drop=3,6", `"6" is no fault`},
		{"drop=a", "drop=3+6+7"},
		{"down=1", "write down"},
		{"loss=0.1,loss=0.2", "loss is said twice"},
	}
	for _, test := range tests {
		f, err := ParseFaults(test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("ParseFaults(%q) = %v, %v; want an error with %q", test.text, f, err, test.want)
		}
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add("loss=0.3,dup=1%,reorder=0.1,corrupt=0.01,delay=100ms,jitter=20ms,rate=10Mbit,queue=50,drop=3+6+7,down")
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := ParseFaults(text)
		if err != nil {
			return
		}
		again, err := ParseFaults(faults.String())
		if err != nil || !reflect.DeepEqual(again, faults) {
			t.Errorf("%q is written as %q, which is read as %+v, %v", text, faults, again, err)
		}
	})
}
