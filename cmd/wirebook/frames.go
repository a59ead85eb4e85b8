package main

import (
	"net/http"
	"slices"
	"sync"

	"github.com/wirebook/wirebook/capture"
	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/frame"
)

// frameSender shows the frames of a network to those who watch from other processes.
type frameSender struct {
	tap    func(*frame.Ring) (remove func())
	settle func() // waits until the network is at rest

	mu    sync.Mutex
	rings []*frame.Ring // of those who watch
}

// frames sends every frame as it is seen, until the asker leaves.
func (s *frameSender) frames(w http.ResponseWriter, request *http.Request) {
	ring := frame.NewRing(ringSize)
	remove := s.tap(ring)
	defer remove()
	s.watch(ring)
	defer s.unwatch(ring)
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	if out.Flush() != nil {
		return
	}
	_ = capture.Send(request.Context(), w, ring, out.Flush) // until the asker leaves
}

// settled waits until the network is at rest, and then puts a mark into the
// frames of each who watches: all that was sent before has come before it.
func (s *frameSender) settled(w http.ResponseWriter, _ *http.Request) {
	s.settle()
	s.mu.Lock()
	for _, ring := range s.rings {
		ring.See(frame.Frame{})
	}
	s.mu.Unlock()
	control.Reply(w, struct{}{})
}

func (s *frameSender) watch(ring *frame.Ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rings = append(s.rings, ring)
}

func (s *frameSender) unwatch(ring *frame.Ring) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rings = slices.DeleteFunc(s.rings, func(other *frame.Ring) bool { return other == ring })
}
