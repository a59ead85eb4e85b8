package durable

import "errors"

// ErrLocked is that somebody else has the lock.
var ErrLocked = errors.New("locked by another")
