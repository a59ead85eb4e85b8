package dissect

// Recent is a map that remembers at least the last Max things that were put or
// found in it, and never more than twice as many. An observer uses it for what
// may never be asked for again: a question without an answer.
type Recent[K comparable, V any] struct {
	Max      int // 0: 4096
	new, old map[K]V
}

// Get finds what was put there.
func (r *Recent[K, V]) Get(key K) (value V, ok bool) {
	if value, ok = r.new[key]; ok {
		return value, true
	}
	if value, ok = r.old[key]; ok {
		r.Put(key, value)
	}
	return value, ok
}

// Put remembers value.
func (r *Recent[K, V]) Put(key K, value V) {
	limit := r.Max
	if limit == 0 {
		limit = 4096
	}
	if len(r.new) >= limit {
		r.old, r.new = r.new, nil
	}
	if r.new == nil {
		r.new = make(map[K]V)
	}
	r.new[key] = value
}

// Delete forgets key.
func (r *Recent[K, V]) Delete(key K) {
	delete(r.new, key)
	delete(r.old, key)
}
