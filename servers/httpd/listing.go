package httpd

import (
	"crypto/sha256"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"path"
	"strings"
)

// list makes a page of a folder's names, as a document that is like any other
// but for its times: it is made anew for each request.
func (f *files) list(folder string) (*document, error) {
	entries, err := fs.ReadDir(f.fsys, folder)
	if err != nil {
		return nil, err
	}
	name := html.EscapeString(path.Join("/", folder))
	var page strings.Builder
	fmt.Fprintf(&page, "<!DOCTYPE html>\n<title>%s</title>\n<h1>%s</h1>\n<ul>\n", name, name)
	if folder != "." {
		page.WriteString("<li><a href=\"../\">../</a>\n")
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() {
			name += "/"
		}
		link := (&url.URL{Path: "./" + name}).EscapedPath()
		fmt.Fprintf(&page, "<li><a href=\"%s\">%s</a>\n", html.EscapeString(link), html.EscapeString(name))
	}
	page.WriteString("</ul>\n")
	content := []byte(page.String())
	return &document{
		name:      folder,
		size:      int64(len(content)),
		mediaType: mediaType("listing.html"),
		etag:      fmt.Sprintf(`"%x"`, sha256.Sum256(content)),
		content:   content,
	}, nil
}
