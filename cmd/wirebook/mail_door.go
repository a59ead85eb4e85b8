package main

import "context"

// mailSession is a session in which a user's mail is fetched.
type mailSession interface {
	Secured() bool
	Login(user, password string) error
	Close() error
}

// mailDoor is how one gets into such a session: at one port TLS can be asked for, at
// the other it begins with the first byte.
type mailDoor[S mailSession] struct {
	port, securePort int
	dial, dialTLS    func(ctx context.Context, server string) (S, error)
	startTLS         func(S) error
}

// enter connects, and logs in as the user at the desk.
func (m mailDoor[S]) enter(ctx context.Context, d *mailDesk) (S, error) {
	var none S
	password, err := d.password(ctx)
	if err != nil {
		return none, err
	}
	address, port := d.dialled(m.port)
	dial := m.dial
	if port == m.securePort {
		dial = m.dialTLS
	}
	session, err := dial(ctx, address)
	if err != nil {
		return none, err
	}
	if d.o.tls && !session.Secured() {
		err = m.startTLS(session)
	}
	if err == nil {
		err = session.Login(d.account.User, password)
	}
	if err != nil {
		session.Close()
		return none, err
	}
	return session, nil
}
