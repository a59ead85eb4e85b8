package dhcpc

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/wirebook/wirebook/clock"
)

// live goes from state to state as long as on says so.
func (s *session) live(ctx context.Context, on func(next State) bool) error {
	state := Init
	if s.Former != nil {
		state = InitReboot
	}
	for {
		s.tell(state)
		if !on(state) {
			return nil
		}
		next, err := s.step(ctx, state)
		if err != nil {
			return err
		}
		s.log().Debug("state", "card", s.Card, "from", state, "to", next, "lease", s.lease)
		state = next
	}
}

// step is what a client does in a state, and to which that leads.
func (s *session) step(ctx context.Context, state State) (State, error) {
	switch state {
	case InitReboot:
		return s.initReboot()
	case Rebooting:
		return s.rebooting(ctx)
	case Selecting:
		return s.selecting(ctx)
	case Requesting:
		return s.requesting(ctx)
	case Bound:
		return s.bound(ctx)
	case Renewing:
		return s.renewing(ctx)
	case Rebinding:
		return s.rebinding(ctx)
	}
	return s.init(ctx)
}

// init: no address. After a refusal the client waits, ever longer, so that a
// server that always says no is not flooded.
func (s *session) init(ctx context.Context) (State, error) {
	if s.again > 1 {
		if err := clock.Sleep(ctx, s.clock, s.wait(s.again-2)); err != nil {
			return Init, err
		}
	}
	s.begin()
	return Selecting, nil
}

// selecting: DISCOVER goes to everybody, until there is an offer; of those that
// come within the time to collect them, one is chosen (RFC 2131 §4.4.1).
func (s *session) selecting(ctx context.Context) (State, error) {
	var first *Lease
	for n := 0; first == nil; n++ {
		m := s.message(dhcpv4.MessageTypeDiscover)
		m.SetBroadcast()
		if s.Former != nil {
			m.Options[50] = s.Former.Addr.Addr().AsSlice()
		}
		s.send(m, everybody)
		offer, err := s.collectOne(ctx, s.clock.Now().Add(s.wait(n)))
		if err != nil && err != errSilence {
			return Init, err
		}
		first = offer
	}
	offers := []Lease{*first}
	until := s.clock.Now().Add(s.Collect)
	for s.Collect > 0 {
		offer, err := s.collectOne(ctx, until)
		if err == errSilence {
			break
		}
		if err != nil {
			return Init, err
		}
		offers = append(offers, *offer)
	}
	s.offer = &offers[s.choose(offers)]
	return Requesting, nil
}

// collectOne waits for an offer that makes sense.
func (s *session) collectOne(ctx context.Context, until time.Time) (*Lease, error) {
	for {
		m, err := s.receive(ctx, until, dhcpv4.MessageTypeOffer)
		if err != nil {
			return nil, err
		}
		offer, err := leaseOf(m, s.clock.Now())
		if err == nil {
			return offer, nil
		}
		s.log().Warn("an offer makes no sense", "error", err)
	}
}

func (s *session) choose(offers []Lease) int {
	if s.Choose != nil {
		if i := s.Choose(offers); i >= 0 && i < len(offers) {
			return i
		}
	}
	best := 0
	for i := range offers {
		if offers[i].Duration > offers[best].Duration {
			best = i
		}
	}
	return best
}

// maxRequests is how often a REQUEST is sent before the client begins anew
// (RFC 2131 §3.1, 5).
const maxRequests = 5

// requesting: REQUEST goes to everybody, so that the servers that were not
// chosen hear it too and take their offers back.
func (s *session) requesting(ctx context.Context) (State, error) {
	lease, err := s.ask(ctx, func() {
		m := s.message(dhcpv4.MessageTypeRequest)
		m.SetBroadcast()
		m.Options[50] = s.offer.Addr.Addr().AsSlice()
		m.Options[54] = s.offer.Server.AsSlice()
		s.send(m, everybody)
	})
	return s.settle(ctx, lease, err)
}

// initReboot: the host was here before, and would like its address again.
func (s *session) initReboot() (State, error) {
	s.begin()
	return Rebooting, nil
}

// rebooting: REQUEST without naming a server (RFC 2131 §4.4.2).
func (s *session) rebooting(ctx context.Context) (State, error) {
	lease, err := s.ask(ctx, func() {
		m := s.message(dhcpv4.MessageTypeRequest)
		m.SetBroadcast()
		m.Options[50] = s.Former.Addr.Addr().AsSlice()
		s.send(m, everybody)
	})
	next, err := s.settle(ctx, lease, err)
	if next == Init {
		s.again = 0 // that the address is gone is no failure
	}
	return next, err
}

// ask sends a REQUEST, and again, until it is answered or was sent often enough.
func (s *session) ask(ctx context.Context, request func()) (lease *Lease, err error) {
	for n := range maxRequests {
		sent := s.clock.Now()
		request()
		lease, err = s.answer(ctx, sent, sent.Add(s.wait(n)))
		if err != errSilence {
			break
		}
	}
	return lease, err
}

// errRefused is a NAK.
var errRefused = errors.New("the server refuses")

// answer waits for the reply to a REQUEST: a lease, or errRefused.
func (s *session) answer(ctx context.Context, sent, until time.Time) (*Lease, error) {
	for {
		reply, err := s.receive(ctx, until, dhcpv4.MessageTypeAck, dhcpv4.MessageTypeNak)
		if err != nil {
			return nil, err
		}
		if reply.MessageType() == dhcpv4.MessageTypeNak {
			s.log().Info("refused", "card", s.Card, "why", reply.Message())
			return nil, errRefused
		}
		lease, err := leaseOf(reply, sent)
		if err == nil {
			return lease, nil
		}
		s.log().Warn("an ACK makes no sense", "error", err)
	}
}

// settle makes of the answer to a first REQUEST an address, if it is an ACK and
// nobody else uses the address.
func (s *session) settle(ctx context.Context, lease *Lease, err error) (State, error) {
	switch err {
	case nil:
	case errSilence, errRefused:
		s.again++
		return Init, nil
	default:
		return Init, err
	}
	if s.Check != nil && s.Check(ctx, lease.Addr.Addr()) {
		return s.decline(ctx, lease)
	}
	if err := s.adopt(lease); err != nil {
		return Init, err
	}
	s.again = 0
	return Bound, nil
}

// decline: somebody else uses the address. The server shall know, and the
// client waits 10 seconds before it begins anew (RFC 2131 §3.1, 5).
func (s *session) decline(ctx context.Context, l *Lease) (State, error) {
	s.log().Warn("somebody else uses the address", "address", l.Addr)
	s.renumber()
	m := s.message(dhcpv4.MessageTypeDecline)
	m.Options[50] = l.Addr.Addr().AsSlice()
	m.Options[54] = l.Server.AsSlice()
	s.send(m, everybody)
	s.again = 0
	return Init, clock.Sleep(ctx, s.clock, 10*time.Second)
}

// bound: nothing to do until T1.
func (s *session) bound(ctx context.Context) (State, error) {
	if s.lease.Duration == forever {
		<-ctx.Done()
		return Bound, context.Cause(ctx)
	}
	err := clock.Sleep(ctx, s.clock, s.lease.Start.Add(s.lease.T1).Sub(s.clock.Now()))
	return Renewing, err
}

// renewing: between T1 and T2 the client asks the server that it knows, from
// its address to the server's.
func (s *session) renewing(ctx context.Context) (State, error) {
	s.begin()
	return s.extend(ctx, s.lease.Server, s.lease.Start.Add(s.lease.T2), Rebinding)
}

// rebinding: that server is silent. From T2 on the client asks any server, until
// the lease ends and with it the right to the address.
func (s *session) rebinding(ctx context.Context) (State, error) {
	s.begin()
	return s.extend(ctx, everybody, s.lease.Expires(), Init)
}

// extend asks for more time until the given moment, which leads to the state
// late. What is not answered is sent again after half of the time that is left,
// but not sooner than after a minute (RFC 2131 §4.4.5).
func (s *session) extend(ctx context.Context, to netip.Addr, until time.Time, late State) (State, error) {
	for {
		sent := s.clock.Now()
		left := until.Sub(sent)
		if left <= 0 {
			return s.leave(late)
		}
		m := s.message(dhcpv4.MessageTypeRequest)
		m.ClientIPAddr = s.lease.Addr.Addr().AsSlice()
		s.send(m, to)
		again := sent.Add(min(left, max(left/2, time.Minute)))
		switch lease, err := s.answer(ctx, sent, again); err {
		case nil:
			return Bound, s.adopt(lease)
		case errSilence:
		case errRefused:
			s.again++
			return s.leave(Init)
		default:
			return Init, err
		}
	}
}

// leave goes on to a state, and gives the address up when that is INIT.
func (s *session) leave(to State) (State, error) {
	if to != Init {
		return to, nil
	}
	return Init, s.adopt(nil)
}
