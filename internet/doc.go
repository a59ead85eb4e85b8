// Package internet is a miniature Internet in one process: hosts, switches,
// routers, and the cables between them.
package internet
