package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"sync"

	"github.com/wirebook/wirebook/classroom"
	"github.com/wirebook/wirebook/classroom/cabling"
	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/durable"
	"github.com/wirebook/wirebook/world/authority"
)

// serveSwitches holds the switches of a class, and is to those who watch the world
// that is running.
func (o *classOptions) serveSwitches(ctx context.Context, a *app) error {
	log, err := a.logger(o.level)
	if err != nil {
		return err
	}
	if err := o.become(cabling.NetAdmin | cabling.NetRaw); err != nil {
		return err
	}
	plan, err := loadWorld(o.world)
	if err != nil {
		return err
	}
	secret, err := classAuthority(plan.Name)
	if err != nil {
		return err
	}
	hub, err := classroom.NewHub(plan, secret, log)
	if err != nil {
		return err
	}
	// Where other commands look for the running world.
	if err := os.Setenv("XDG_RUNTIME_DIR", classDir()); err != nil {
		return err
	}
	commands, err := control.Listen("")
	if err != nil {
		return err
	}
	machines, err := cabling.Listen(cableSocket())
	if err != nil {
		commands.Close()
		return err
	}
	newcomers, err := cabling.Listen(seatSocket())
	if err != nil {
		commands.Close()
		machines.Close()
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	wait.Go(func() { serveSelf(ctx, hubHandler(), log) })
	wait.Go(func() {
		if err := control.Serve(ctx, commands, (&classReach{hub: hub, secret: secret}).handler()); err != nil {
			log.Error("commands", "error", err)
		}
	})
	return hub.Serve(ctx, machines, newcomers)
}

// hubHandler answers the health check: the switches are well when they are there.
// How the machines are, each says itself.
func hubHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) { control.Reply(w, classroom.Report{}) })
	return mux
}

// classAuthority is what signs the certificates of the class. It is as old as the
// class's volume: who trusts it today trusts it tomorrow.
func classAuthority(name string) ([]byte, error) {
	root, err := os.OpenRoot(classDir())
	if err != nil {
		return nil, err
	}
	defer root.Close()
	const file = "authority.pem"
	if secret, err := root.ReadFile(file); !errors.Is(err, os.ErrNotExist) {
		return secret, err
	}
	a, err := authority.New("The authority of the class " + name)
	if err != nil {
		return nil, err
	}
	secret, err := a.Secret()
	if err != nil {
		return nil, err
	}
	return secret, durable.Replace(root, file, secret)
}
