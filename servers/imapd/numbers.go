package imapd

import (
	"cmp"
	"slices"

	"github.com/emersion/go-imap/v2"

	"github.com/wirebook/wirebook/servers/mailbox"
)

// firstAfter is the place of the first message with a higher UID.
func firstAfter(messages []mailbox.Message, uid uint32) int {
	i, found := slices.BinarySearchFunc(messages, uid, compareUID)
	if found {
		i++
	}
	return i
}

// find is the message with that UID, if it is there.
func find(messages []mailbox.Message, uid uint32) (m mailbox.Message, there bool) {
	i, there := slices.BinarySearchFunc(messages, uid, compareUID)
	if there {
		m = messages[i]
	}
	return m, there
}

func compareUID(m mailbox.Message, uid uint32) int { return cmp.Compare(m.UID, uid) }

// pick finds the messages that a set of numbers means, and returns their places in
// what the client knows. UIDs that are no message's are passed over; with a
// sequence number that is none, the command makes no sense (RFC 9051 §6.4.9).
func (v *view) pick(set imap.NumSet) ([]int, error) {
	picked := make([]bool, len(v.told))
	mark := func(from, to int) { // [from, to)
		for i := from; i < to; i++ {
			picked[i] = true
		}
	}
	switch set := set.(type) {
	case imap.SeqSet:
		for _, r := range set {
			first, last := inOrder(r.Start, r.Stop, uint32(len(v.told)))
			if last > uint32(len(v.told)) {
				return nil, bad("There is no message of that number")
			}
			if first > 0 { // 0: "*" where there is no message
				mark(int(first)-1, int(last))
			}
		}
	case imap.UIDSet:
		if imap.IsSearchRes(set) {
			set = uidSet(v.found)
		}
		for _, r := range set {
			first, last := inOrder(uint32(r.Start), uint32(r.Stop), v.last())
			if first > 0 {
				mark(firstAfter(v.told, first-1), firstAfter(v.told, last))
			}
		}
	}
	var places []int
	for i := range picked {
		if picked[i] {
			places = append(places, i)
		}
	}
	return places, nil
}

// inOrder is a range with the lower number first. 0 stands for "*", the highest
// number in use; that may be the lower of the two, as in 100:*.
func inOrder(a, b, highest uint32) (first, last uint32) {
	if a == 0 {
		a = highest
	}
	if b == 0 {
		b = highest
	}
	return min(a, b), max(a, b)
}

func uidSet(uids []uint32) imap.UIDSet {
	set := imap.UIDSet{}
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}

// uids are those of the messages in these places.
func (v *view) uids(places []int) []uint32 {
	uids := make([]uint32, len(places))
	for i, at := range places {
		uids[i] = v.told[at].UID
	}
	return uids
}
