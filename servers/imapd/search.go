package imapd

import (
	"errors"
	"io/fs"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// maxKeys is how many conditions one search may have.
const maxKeys = 500

// Search finds the messages of the folder that meet all conditions (RFC 9051
// §6.4.4).
func (s *session) Search(kind imapserver.NumKind, criteria *imap.SearchCriteria, options *imap.SearchOptions) (*imap.SearchData, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.view
	if countKeys(criteria) > maxKeys {
		return nil, no(imap.ResponseCodeLimit, "The search has too many conditions")
	}
	q, err := v.newQuery(criteria)
	if err != nil {
		return nil, err
	}
	var found []int
	for at := range v.told {
		if s.ctx.Err() != nil {
			return nil, s.ctx.Err()
		}
		meets, err := q.meets(v, at)
		if errors.Is(err, fs.ErrNotExist) {
			continue // expunged: the client will hear of it
		}
		if err != nil {
			return nil, s.answer(err)
		}
		if meets {
			found = append(found, at)
		}
	}
	return v.result(kind, found, options), nil
}

func countKeys(c *imap.SearchCriteria) int {
	n := len(c.SeqNum) + len(c.UID) + len(c.Header) + len(c.Body) + len(c.Text) + len(c.Flag) + len(c.NotFlag)
	for i := range c.Not {
		n += 1 + countKeys(&c.Not[i])
	}
	for i := range c.Or {
		n += 1 + countKeys(&c.Or[i][0]) + countKeys(&c.Or[i][1])
	}
	return n
}

// result is the answer to a search: all numbers, or the lowest, the highest, how
// many (RFC 4731); and it is kept for "$", if the client wants that (RFC 5182).
func (v *view) result(kind imapserver.NumKind, found []int, options *imap.SearchOptions) *imap.SearchData {
	data := &imap.SearchData{Count: uint32(len(found))}
	number := func(at int) uint32 { return uint32(at + 1) }
	if kind == imapserver.NumKindUID {
		number = func(at int) uint32 { return v.told[at].UID }
		data.All = uidSet(v.uids(found))
	} else {
		set := imap.SeqSet{}
		for _, at := range found {
			set.AddNum(number(at))
		}
		data.All = set
	}
	if len(found) > 0 {
		data.Min, data.Max = number(found[0]), number(found[len(found)-1])
	}
	if options.ReturnSave {
		v.save(found, options)
	}
	return data
}

// save keeps what was found: all of it, or of MIN and MAX what was asked for
// (RFC 5182 §2.4).
func (v *view) save(found []int, o *imap.SearchOptions) {
	if len(found) > 0 && !o.ReturnAll && !o.ReturnCount {
		var some []int
		if o.ReturnMin {
			some = append(some, found[0])
		}
		if last := len(found) - 1; o.ReturnMax && (last > 0 || !o.ReturnMin) {
			some = append(some, found[last])
		}
		found = some
	}
	v.found = v.uids(found)
}

// query is a search's conditions with the numbers in them looked up.
type query struct {
	*imap.SearchCriteria
	numbers []map[int]bool // for each set of numbers the places that it means
	not     []*query
	or      [][2]*query
}

func (v *view) newQuery(c *imap.SearchCriteria) (*query, error) {
	q := &query{SearchCriteria: c}
	var sets []imap.NumSet
	for _, set := range c.SeqNum {
		sets = append(sets, set)
	}
	for _, set := range c.UID {
		sets = append(sets, set)
	}
	for _, set := range sets {
		places, err := v.pick(set)
		if err != nil {
			return nil, err
		}
		meant := make(map[int]bool, len(places))
		for _, at := range places {
			meant[at] = true
		}
		q.numbers = append(q.numbers, meant)
	}
	for i := range c.Not {
		sub, err := v.newQuery(&c.Not[i])
		if err != nil {
			return nil, err
		}
		q.not = append(q.not, sub)
	}
	for i := range c.Or {
		a, err := v.newQuery(&c.Or[i][0])
		if err != nil {
			return nil, err
		}
		b, err := v.newQuery(&c.Or[i][1])
		if err != nil {
			return nil, err
		}
		q.or = append(q.or, [2]*query{a, b})
	}
	return q, nil
}

// meets says whether a message meets all conditions. What is cheap to find out
// comes first; a message is read only if all that has been met.
func (q *query) meets(v *view, at int) (bool, error) {
	if !q.meetsName(v, at) {
		return false, nil
	}
	for _, check := range []func(*view, int) (bool, error){q.meetsDates, q.meetsHeader, q.meetsOthers, q.meetsText} {
		if ok, err := check(v, at); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// meetsName asks what the name of the message's file tells.
func (q *query) meetsName(v *view, at int) bool {
	m := v.told[at]
	for _, meant := range q.numbers {
		if !meant[at] {
			return false
		}
	}
	for _, flag := range q.Flag {
		if !hasFlag(v.folder, m, flag) {
			return false
		}
	}
	for _, flag := range q.NotFlag {
		if hasFlag(v.folder, m, flag) {
			return false
		}
	}
	return (q.Larger == 0 || m.Size > q.Larger) && (q.Smaller == 0 || m.Size < q.Smaller)
}

// meetsDates compares days, whatever the hour and the zone (RFC 9051 §6.4.4).
func (q *query) meetsDates(v *view, at int) (bool, error) {
	if !q.Since.IsZero() || !q.Before.IsZero() {
		came, err := v.folder.Date(v.told[at].UID)
		if err != nil {
			return false, err
		}
		if !within(came.UTC(), q.Since, q.Before) {
			return false, nil
		}
	}
	if q.SentSince.IsZero() && q.SentBefore.IsZero() {
		return true, nil
	}
	head, err := v.open(at).header()
	if err != nil {
		return false, err
	}
	sent, err := mail.ParseDate(head.header.get("Date"))
	return err == nil && within(sent, q.SentSince, q.SentBefore), nil
}

func within(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}

// meetsHeader looks into fields as a reader sees them: encoded words are decoded
// (RFC 2047). An empty text is in every field that is there.
func (q *query) meetsHeader(v *view, at int) (bool, error) {
	if len(q.Header) == 0 {
		return true, nil
	}
	head, err := v.open(at).header()
	if err != nil {
		return false, err
	}
	for _, want := range q.Header {
		there := false
		for _, value := range head.header.values(want.Key) {
			there = there || strings.Contains(strings.ToLower(decodeWords(value)), strings.ToLower(want.Value))
		}
		if !there {
			return false, nil
		}
	}
	return true, nil
}

func (q *query) meetsOthers(v *view, at int) (bool, error) {
	for _, not := range q.not {
		if ok, err := not.meets(v, at); ok || err != nil {
			return false, err
		}
	}
	for _, or := range q.or {
		ok, err := or[0].meets(v, at)
		if !ok && err == nil {
			ok, err = or[1].meets(v, at)
		}
		if !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// meetsText looks into the message: BODY into its texts, TEXT into the header, too.
func (q *query) meetsText(v *view, at int) (bool, error) {
	if len(q.Body)+len(q.Text) == 0 {
		return true, nil
	}
	l := v.open(at)
	inBody := append([]string{}, q.Body...)
	if len(q.Text) > 0 {
		head, err := l.header()
		if err != nil {
			return false, err
		}
		inHeader := head.header.readable()
		for _, want := range q.Text {
			if !strings.Contains(inHeader, strings.ToLower(want)) {
				inBody = append(inBody, want)
			}
		}
	}
	return l.contains(inBody)
}
