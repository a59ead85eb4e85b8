package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

func init() {
	example("mail.read",
		"wirebook exec bob mail read",
		"wirebook exec bob mail read 1 --save pictures",
		"wirebook exec bob mail read --pop3 1 -v",
		"wirebook exec bob mail read --pop3 --download mail --delete",
		"wirebook exec bob mail read --folder INBOX --search lunch",
		"wirebook exec bob mail read --wait -v",
		"wirebook mail read --server 127.0.0.1:1143 --user alice --json")
}

// readOptions are the flags of mail read.
type readOptions struct {
	mailOptions
	pop3, imap           bool
	folder, search, move string
	folders, wait        bool
	save, download       string
	remove, keep         bool
	raw, asJSON          bool
}

func (a *app) mailRead(where func() place) *cobra.Command {
	var o readOptions
	c := a.command("read [NUMBER…] [flags]", "mail.read", func(c *cobra.Command, args []string) error {
		numbers, err := o.check(args)
		if err != nil {
			return usageError{err}
		}
		return a.readMail(c.Context(), where(), o, numbers)
	})
	f := c.Flags()
	f.BoolVar(&o.pop3, "pop3", false, a.say("flag.mailpop3"))
	f.BoolVar(&o.imap, "imap", false, a.say("flag.mailimap"))
	f.StringVar(&o.folder, "folder", "INBOX", a.say("flag.mailfolder"))
	f.BoolVar(&o.folders, "folders", false, a.say("flag.mailfolders"))
	f.StringVar(&o.search, "search", "", a.say("flag.mailsearch"))
	f.BoolVar(&o.wait, "wait", false, a.say("flag.mailwait"))
	f.StringVar(&o.move, "move", "", a.say("flag.mailmove"))
	f.StringVar(&o.save, "save", "", a.say("flag.mailsave"))
	f.StringVar(&o.download, "download", "", a.say("flag.maildownload"))
	f.BoolVar(&o.remove, "delete", false, a.say("flag.maildelete"))
	f.BoolVar(&o.keep, "keep", false, a.say("flag.mailkeep"))
	f.BoolVar(&o.raw, "raw", false, a.say("flag.mailraw"))
	f.BoolVar(&o.asJSON, "json", false, a.say("flag.json"))
	o.flags(a, c)
	return c
}

// check looks whether the flags make sense together.
func (o readOptions) check(args []string) (numbers []int, err error) {
	for _, arg := range args {
		n, err := strconv.Atoi(arg)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not the number of a message", arg)
		}
		numbers = append(numbers, n)
	}
	one := len(numbers) > 0
	switch {
	case o.pop3 && o.imap:
		err = errors.New("--pop3 or --imap, not both")
	case o.pop3 && (o.folder != "INBOX" || o.folders || o.search != "" || o.wait || o.move != ""):
		err = errors.New("POP3 knows no folders, searches nothing, and says nothing by itself: leave out --pop3")
	case o.remove && o.keep:
		err = errors.New("--delete or --keep, not both")
	case (o.remove || o.keep) && !one && o.download == "":
		err = errors.New("--delete and --keep are for a message, by its number, or for --download")
	case (o.save != "" || o.raw || o.move != "") && !one:
		err = errors.New("--save, --raw and --move are for a message: write its number")
	case o.download != "" && (one || o.move != ""):
		err = errors.New("--download is for all messages: leave out the number")
	case o.move != "" && o.remove:
		err = errors.New("--move or --delete, not both")
	}
	return numbers, err
}

func (a *app) readMail(ctx context.Context, at place, o readOptions, numbers []int) error {
	d, err := a.mailDesk(ctx, at, o.mailOptions)
	if err != nil {
		return err
	}
	if d.account.User == "" {
		return usageError{errors.New("whose mail? Write --user")}
	}
	defer d.said.end()
	box, err := d.openBox(ctx, o)
	if err != nil {
		return err
	}
	if err := d.use(ctx, box, o, numbers); err != nil {
		box.abandon()
		return err
	}
	return box.close()
}

func (d *mailDesk) openBox(ctx context.Context, o readOptions) (mailBox, error) {
	if o.pop3 {
		return d.pop3(ctx)
	}
	box, err := d.imap(ctx, o.search)
	if err != nil || o.folders {
		return box, err
	}
	if _, err := box.Select(o.folder); err != nil {
		box.abandon()
		return nil, err
	}
	return box, nil
}

// use does what the flags ask for.
func (d *mailDesk) use(ctx context.Context, box mailBox, o readOptions, numbers []int) error {
	imap, _ := box.(*imapBox)
	switch {
	case o.folders:
		return d.folders(imap, o.asJSON)
	case o.wait:
		return d.wait(ctx, imap, o.asJSON)
	case o.download != "":
		return d.download(box, o)
	case o.move != "":
		return imap.move(numbers, o.move)
	case len(numbers) == 0:
		rows, err := box.list()
		if err != nil {
			return err
		}
		return d.printRows(rows, o.asJSON)
	}
	for i, number := range numbers {
		if i > 0 && !o.asJSON {
			fmt.Fprintln(d.app.out)
		}
		if err := d.show(box, number, o); err != nil {
			return err
		}
	}
	if o.remove {
		return box.remove(numbers)
	}
	return nil
}
