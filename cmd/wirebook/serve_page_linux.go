package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/wirebook/wirebook/classroom"
	"github.com/wirebook/wirebook/console"
	"github.com/wirebook/wirebook/control"
	"github.com/wirebook/wirebook/durable"
)

// What the compose file tells the page of how it is published: the container sees only
// its own side of that.
const (
	shareVariable = "WIREBOOK_SHARE" // the address of this machine on which; "": loopback
	portVariable  = "WIREBOOK_PORT"
	nameVariable  = "WIREBOOK_NAME" // names of this machine, beside its addresses
)

// servePage shows the class to browsers: the page that `wirebook up` has, of a network
// that is the kernel's.
func (o *classOptions) servePage(ctx context.Context, a *app) error {
	log, err := a.logger(o.level)
	if err != nil {
		return err
	}
	if err := os.Setenv("XDG_RUNTIME_DIR", classDir()); err != nil {
		return err
	}
	plan, err := loadWorld(o.world)
	if err != nil {
		return err
	}
	view := &classView{app: a, log: log}
	page := console.New(view.options(plan.Name))
	defer page.Close()
	handler, addresses, err := admit(page)
	if err != nil {
		return err
	}
	for _, address := range addresses {
		log.Info("the page", "address", address)
	}
	server := pageServer(handler)
	server.Addr, server.BaseContext = o.listen, func(net.Listener) context.Context { return ctx }
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	wait.Go(func() { view.follow(ctx) })
	wait.Go(func() { serveSelf(ctx, pageHealth(a), log) })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// admit says who may do what. On loopback, whoever comes may do everything; when the
// page is shared, the instructor's token may, and the class's may look on.
func admit(page *console.Page) (http.Handler, []string, error) {
	share, names := os.Getenv(shareVariable), strings.Fields(os.Getenv(nameVariable))
	if isLoopback(share) {
		return page.Handler(console.Access{Names: names}), []string{"http://" + cmp.Or(share, "127.0.0.1") + ":" + port() + "/"}, nil
	}
	all, look, err := tokens()
	if err != nil {
		return nil, nil, err
	}
	instructor := page.Handler(console.Access{Token: all, Names: names})
	class := page.Handler(console.Access{Token: look, ReadOnly: true, Names: names})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if console.HasToken(r, all) {
			instructor.ServeHTTP(w, r)
		} else {
			class.ServeHTTP(w, r)
		}
	})
	host := share
	if addr := net.ParseIP(share); addr != nil && addr.IsUnspecified() {
		host = "THIS-MACHINE"
	}
	at := "http://" + net.JoinHostPort(host, port()) + "/?token="
	return handler, []string{at + all + " (yours: it may change everything)", at + look + " (the class's: it looks on)"}, nil
}

func port() string { return cmp.Or(os.Getenv(portVariable), "8080") }

func isLoopback(share string) bool {
	addr := net.ParseIP(share)
	return share == "" || share == "localhost" || addr != nil && addr.IsLoopback()
}

// tokens are that of the instructor and that of the class. They are as old as the
// class's volume, so that a page that comes back knows its viewers.
func tokens() (all, look string, err error) {
	root, err := os.OpenRoot(classDir())
	if err != nil {
		return "", "", err
	}
	defer root.Close()
	const file = "tokens"
	text, err := root.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		const length = 16
		text = []byte(strings.ToLower(rand.Text())[:length] + " " + strings.ToLower(rand.Text())[:length] + "\n")
		err = durable.Replace(root, file, text)
	}
	if err != nil {
		return "", "", err
	}
	words := strings.Fields(string(text))
	if len(words) != 2 {
		return "", "", fmt.Errorf("%s/%s: it should be two words; remove it", classDir(), file)
	}
	return words[0], words[1], nil
}

// pageHealth answers the health check: the page is well when it reaches the switches.
func pageHealth(a *app) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) {
		var report classroom.Report
		r, err := a.findRunning("")
		if err != nil {
			report.Ill = err.Error()
		} else {
			r.Close()
		}
		control.Reply(w, report)
	})
	return mux
}
