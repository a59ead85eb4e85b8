package httpd

import (
	"errors"
	"io/fs"
	"net/url"
	"strconv"
	"syscall"
)

// reasons are the statuses that are sent, with their reason phrases (RFC 9110
// §15).
var reasons = map[int]string{
	200: "OK",
	204: "No Content",
	206: "Partial Content",
	301: "Moved Permanently",
	304: "Not Modified",
	400: "Bad Request",
	403: "Forbidden",
	404: "Not Found",
	405: "Method Not Allowed",
	408: "Request Timeout",
	412: "Precondition Failed",
	413: "Content Too Large",
	414: "URI Too Long",
	416: "Range Not Satisfiable",
	417: "Expectation Failed",
	421: "Misdirected Request",
	431: "Request Header Fields Too Large",
	500: "Internal Server Error",
	501: "Not Implemented",
	505: "HTTP Version Not Supported",
}

// refuse answers with a status and a page that says no more than the status
// does. Of a request that could not be read, req has what is known.
func (c *conversation) refuse(req *request, status int, location string) error {
	page := "<!DOCTYPE html>\n<title>" + title(status) + "</title>\n<h1>" + title(status) + "</h1>\n"
	w := c.begin(status)
	w.field("Content-Type", "text/html; charset=utf-8")
	w.contentLength(int64(len(page)))
	switch status {
	case 301:
		w.field("Location", location)
	case 405:
		w.field("Allow", allowed)
	}
	c.endHeader(w, req)
	if req.method != "HEAD" {
		w.text(page)
	}
	return c.stream.queued()
}

// refuseRange says how long the document is instead (RFC 9110 §15.5.17).
func (c *conversation) refuseRange(req *request, doc *document) error {
	w := c.begin(416)
	w.contentLength(0)
	w.field("Content-Range", "bytes */"+strconv.FormatInt(doc.size, 10))
	c.endHeader(w, req)
	return c.stream.queued()
}

func title(status int) string { return strconv.Itoa(status) + " " + reasons[status] }

// refuseFile answers for a document that cannot be had.
func (c *conversation) refuseFile(req *request, err error) error {
	if errors.Is(err, errFolder) {
		return c.refuse(req, 301, c.slashed(req))
	}
	status := fileStatus(err)
	if status == 500 {
		c.Log.Error("httpd: cannot read", "path", req.path, "error", err)
	}
	return c.refuse(req, status, "")
}

// slashed is the request's URL with a slash at the end of its path. Without the
// slash, relative links in the folder's index would lead elsewhere.
func (c *conversation) slashed(req *request) string {
	location := (&url.URL{Path: req.path + "/"}).EscapedPath()
	if req.query != "" {
		location += "?" + req.query
	}
	return location
}

// fileStatus is the status for an error of the file system. What is not allowed
// to leave the folder is not there.
func fileStatus(err error) int {
	var code syscall.Errno
	switch {
	case errors.Is(err, errNoIndex), errors.Is(err, fs.ErrPermission):
		return 403
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		return 404
	case !errors.As(err, &code):
		return 404 // os.Root: the path escapes from it
	case code == syscall.ENOTDIR, code == syscall.ENAMETOOLONG, code == syscall.ELOOP:
		return 404
	}
	return 500
}
