package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clients/httpc"
)

func init() {
	example("http",
		"wirebook exec alice http get -v http://www.example.com/plain.html",
		"wirebook exec alice http page http://www.example.com/")
	example("http.get",
		"wirebook http get -v http://127.0.0.1:8080/",
		"wirebook http get --range 0-99 -o part.txt http://127.0.0.1:8080/numbers.txt",
		"wirebook exec alice http get -H 'If-Modified-Since: Tue, 01 Sep 2026 08:00:00 GMT' -v http://www.example.com/")
	example("http.page",
		"wirebook exec alice http page http://www.example.com/",
		"wirebook exec alice http page --mode parallel -n 3 http://www.example.com/")
}

func httpClient(a *app, where func() place) *cobra.Command {
	c := a.verbs("http", "http")
	c.GroupID = "client"
	c.AddCommand(a.httpGet(where), a.httpPage(where))
	return c
}

// getOptions are the flags of http get.
type getOptions struct {
	verbose, head, http10, noRedirect bool
	byteRange, output                 string
	headers                           []string
	timeout                           time.Duration
}

func (a *app) httpGet(where func() place) *cobra.Command {
	var o getOptions
	c := a.command("get [flags] URL", "http.get", func(c *cobra.Command, args []string) error {
		return a.get(c.Context(), where(), o, args[0])
	})
	c.Args = arguments(cobra.ExactArgs(1))
	f := c.Flags()
	f.BoolVarP(&o.verbose, "verbose", "v", false, a.say("flag.verbose"))
	f.BoolVarP(&o.head, "head", "I", false, a.say("flag.head"))
	f.BoolVar(&o.http10, "http1.0", false, a.say("flag.http10"))
	f.BoolVar(&o.noRedirect, "no-redirect", false, a.say("flag.noredirect"))
	f.StringVar(&o.byteRange, "range", "", a.say("flag.range"))
	f.StringVarP(&o.output, "output", "o", "", a.say("flag.output"))
	f.StringArrayVarP(&o.headers, "header", "H", nil, a.say("flag.header"))
	f.DurationVar(&o.timeout, "timeout", 30*time.Second, a.say("flag.timeout"))
	return c
}

func (o getOptions) request(url string) (*httpc.Request, error) {
	request := &httpc.Request{URL: url, HTTP10: o.http10}
	if o.head {
		request.Method = "HEAD"
	}
	if o.byteRange != "" {
		request.Fields = append(request.Fields, httpc.Field{Name: "Range", Value: "bytes=" + o.byteRange})
	}
	for _, text := range o.headers {
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			return nil, usageError{fmt.Errorf("-H %q: write it as 'Name: value'", text)}
		}
		request.Fields = append(request.Fields, httpc.Field{Name: name, Value: strings.TrimSpace(value)})
	}
	return request, nil
}

func (a *app) get(ctx context.Context, at place, o getOptions, url string) error {
	request, err := o.request(url)
	if err != nil {
		return err
	}
	client := &httpc.Client{Network: at.Network, Clock: at.clock, Timeout: o.timeout}
	if o.noRedirect {
		client.MaxRedirects = -1
	}
	if o.verbose {
		printer := &httpc.Printer{To: a.err}
		client.Wire = printer.Wire
		defer printer.Flush()
	}
	response, err := client.Do(ctx, request)
	if err != nil {
		return err
	}
	defer response.Close()
	if o.head && !o.verbose {
		a.printHead(response)
	}
	if err := a.saveBody(response.Body, o.output); err != nil {
		return err
	}
	if response.Status >= 400 {
		return exitStatus(exitFailure)
	}
	return nil
}

func (a *app) printHead(r *httpc.Response) {
	fmt.Fprintf(a.out, "HTTP/1.%d %d %s\n", r.Minor, r.Status, r.Reason)
	for _, field := range r.Fields {
		fmt.Fprintf(a.out, "%s: %s\n", field.Name, field.Value)
	}
}

func (a *app) saveBody(body io.Reader, name string) error {
	save := func(w io.Writer) error {
		_, err := io.Copy(w, body)
		return err
	}
	if name == "" {
		return save(a.out)
	}
	return writeFile(name, save)
}

func (a *app) httpPage(where func() place) *cobra.Command {
	var mode string
	var atOnce int
	var asJSON bool
	c := a.command("page [flags] URL", "http.page", func(c *cobra.Command, args []string) error {
		visits, err := a.visit(c.Context(), where(), mode, atOnce, args[0])
		if err != nil {
			return err
		}
		if asJSON {
			return json.NewEncoder(a.out).Encode(jsonVisits(visits))
		}
		return a.printVisits(visits)
	})
	c.Args = arguments(cobra.ExactArgs(1))
	c.Flags().StringVar(&mode, "mode", "", a.say("flag.mode"))
	c.Flags().IntVarP(&atOnce, "connections", "n", 5, a.say("flag.connections"))
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	return c
}

// visit gets the page in one mode, or in all four.
func (a *app) visit(ctx context.Context, at place, mode string, atOnce int, url string) ([]*httpc.Visit, error) {
	client := &httpc.Client{Network: at.Network, Clock: at.clock}
	if mode == "" {
		return client.Compare(ctx, url, atOnce)
	}
	var known []string
	for _, m := range httpc.Modes {
		known = append(known, m.String())
		if m.String() == mode {
			v, err := client.Page(ctx, url, m, atOnce)
			return []*httpc.Visit{v}, err
		}
	}
	return nil, usageError{fmt.Errorf("--mode %s: there is %s", mode, strings.Join(known, ", "))}
}

func (a *app) printVisits(visits []*httpc.Visit) error {
	first := visits[0]
	a.println("http.page.objects", "Count", len(first.Objects), "Bytes", first.Bytes, "RTT", first.RTT.Round(time.Microsecond))
	var modes table
	modes.row("%s", a.say("http.page.header"))
	for _, v := range visits {
		modes.row("%s\t%d\t%s\t%.1f\t%d", a.say("http.mode."+v.Mode.String(), "AtOnce", v.AtOnce), v.Connections,
			v.Elapsed.Round(10*time.Microsecond), v.RTTs(), v.Predicted)
	}
	if err := modes.print(a.out, ""); err != nil {
		return err
	}
	a.println("http.page.note")
	return nil
}

func jsonVisits(visits []*httpc.Visit) any {
	type row struct {
		Mode        string        `json:"mode"`
		Connections int           `json:"connections"`
		Objects     int           `json:"objects"`
		Bytes       int64         `json:"bytes"`
		Elapsed     time.Duration `json:"elapsed_ns"`
		RTT         time.Duration `json:"rtt_ns"`
		RTTs        float64       `json:"rtts"`
		Predicted   int           `json:"predicted_rtts"`
	}
	var rows []row
	for _, v := range visits {
		rows = append(rows, row{v.Mode.String(), v.Connections, len(v.Objects), v.Bytes, v.Elapsed, v.RTT, v.RTTs(), v.Predicted})
	}
	return rows
}
