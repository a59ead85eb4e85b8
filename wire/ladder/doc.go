// Package ladder draws messages as a ladder diagram, the way protocol books do:
// a column a host, an arrow a message, time going down.
//
//	          alice                   dns.example.edu
//	            │                            │
//	0.000 ms    ├─ A? www.example.com ──────▶│
//	0.412 ms    │◀─ A www.example.com 10.… ──┤
//	9.731 ms    ├─ A? ftp.exam ╌╌╌╌✗ lost on campus-gw
//
// A message that was lost is an arrow broken off. A double line is a connection
// beside the one that the conversation is led on, as FTP's files have. What is
// wrong with a message stands below it, with the section of the RFC. The words
// come from the caller.
package ladder
