package resolver

import (
	"cmp"
	"time"
)

// Limits bound what one question may cost, and what all of them may: anybody
// can write a zone whose names never resolve, and make others ask for them
// (as in the NXNS attack, where one referral names hundreds of servers of the
// victim's). A field that is 0 has the default.
type Limits struct {
	Time      time.Duration // for one question; default 10 s
	Queries   int           // sent for one question; default 100
	Referrals int           // followed on the way to one name; default 30
	Aliases   int           // CNAMEs followed for one question; default 16
	Depth     int           // name servers' names looked up to reach another's; default 6
	Servers   int           // names of one zone's servers looked up for want of glue; default 4
	Flights   int           // questions being resolved at the same time; default 2,000
	Cache     int           // bytes that the cache may take, about; default 32 MiB
	TTL       time.Duration // records are kept no longer; default 1 day
	Negative  time.Duration // "no such name" is kept no longer (RFC 2308 §5); default 1 h
	Failure   time.Duration // a failure is remembered (RFC 9520 §3.2); default 5 s
}

func (l Limits) orDefaults() Limits {
	l.Time = cmp.Or(l.Time, 10*time.Second)
	l.Queries = cmp.Or(l.Queries, 100)
	l.Referrals = cmp.Or(l.Referrals, 30)
	l.Aliases = cmp.Or(l.Aliases, 16)
	l.Depth = cmp.Or(l.Depth, 6)
	l.Servers = cmp.Or(l.Servers, 4)
	l.Flights = cmp.Or(l.Flights, 2000)
	l.Cache = cmp.Or(l.Cache, 32<<20)
	l.TTL = cmp.Or(l.TTL, 24*time.Hour)
	l.Negative = cmp.Or(l.Negative, time.Hour)
	l.Failure = cmp.Or(l.Failure, 5*time.Second)
	return l
}
