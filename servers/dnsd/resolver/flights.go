package resolver

import (
	"context"
	"errors"
	"sync"

	"github.com/wirebook/wirebook/netx"
)

var (
	errRunning = errors.New("the resolver runs already")
	errBusy    = errors.New("too many questions at the same time")
	errStopped = errors.New("the resolver has stopped")
	errPanic   = errors.New("the resolver itself failed")
)

// flights are the questions being resolved at present. Who asks what is in
// flight already waits for that: one question is asked upstream once, however
// many ask it. That saves work, and takes from a forger the chance to have
// many equal queries open, of which to guess one (RFC 5452 §5).
type flights struct {
	mu    sync.Mutex
	begun chan struct{} // closed while there is a network
	ctx   context.Context
	nw    netx.Network
	inAir map[key]*flight
	wait  sync.WaitGroup
}

type flight struct {
	landed chan struct{}
	chain  []*set
	err    error
}

func (f *flights) begin() {
	f.begun = make(chan struct{})
	f.inAir = map[key]*flight{}
}

// open lets questions be resolved on nw until ctx ends.
func (f *flights) open(ctx context.Context, nw netx.Network) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.nw != nil {
		return errRunning
	}
	f.ctx, f.nw = ctx, nw
	close(f.begun)
	return nil
}

// close is called when that ctx has ended; it waits for the last flight.
func (f *flights) close() {
	f.mu.Lock()
	f.begun = make(chan struct{})
	f.nw = nil
	f.mu.Unlock()
	f.wait.Wait()
}

// share returns r's answer to k, resolved for this asker and for all others
// who ask it at the same time. The work goes on when the asker leaves.
func (f *flights) share(ctx context.Context, k key, r *Resolver) ([]*set, error) {
	one, err := f.join(ctx, k, r)
	if err != nil {
		return nil, err
	}
	select {
	case <-one.landed:
		return one.chain, one.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (f *flights) join(ctx context.Context, k key, r *Resolver) (*flight, error) {
	f.mu.Lock()
	begun := f.begun
	f.mu.Unlock()
	select {
	case <-begun:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	switch one := f.inAir[k]; {
	case one != nil:
		return one, nil
	case f.nw == nil:
		return nil, errStopped
	case len(f.inAir) >= r.limits.Flights:
		return nil, errBusy
	}
	one := &flight{landed: make(chan struct{}), err: errPanic}
	f.inAir[k] = one
	flightCtx, nw := f.ctx, f.nw
	f.wait.Go(func() {
		defer f.land(k, one)
		netx.Guard(flightCtx, r.Log, "question "+k.String(), func() {
			one.chain, one.err = r.resolve(flightCtx, nw, k)
		})
	})
	return one, nil
}

func (f *flights) land(k key, one *flight) {
	f.mu.Lock()
	delete(f.inAir, k)
	f.mu.Unlock()
	close(one.landed)
}
