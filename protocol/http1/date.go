package http1

import "time"

// TimeFormat is how HTTP writes a time: Sun, 06 Nov 1994 08:49:37 GMT. The time
// must be in UTC (RFC 9110 §5.6.7).
const TimeFormat = "Mon, 02 Jan 2006 15:04:05 GMT"

// FormatTime writes t as HTTP does.
func FormatTime(t time.Time) string { return t.UTC().Format(TimeFormat) }

// ParseTime reads the three ways in which HTTP has written times, of which the
// last two are to be read but never written (RFC 9110 §5.6.7). ok is false for
// anything else.
func ParseTime(s string) (t time.Time, ok bool) {
	for _, layout := range [...]string{
		TimeFormat,
		"Monday, 02-Jan-06 15:04:05 GMT", // RFC 850
		time.ANSIC,                       // asctime
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
