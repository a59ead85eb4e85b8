// Package ftp is what everybody who handles FTP's control connection needs: the
// server, the client, the observer, and the NAT that must look into it. It has
// the commands, the replies, and the four ways in which an address is written in
// them.
//
// FTP (RFC 959; Kurose & Ross, "FTP" among the application-layer protocols) has
// two connections. The control connection, to port 21, carries lines: commands
// one way, replies with three digits the other. Each file, and each listing,
// travels on a data connection of its own, and the two sides agree on the control
// connection who connects to where:
//
//	active    C: PORT 192,0,2,11,195,80       "connect to me, 192.0.2.11 port 50000"
//	          S: 200 PORT command successful
//	passive   C: PASV
//	          S: 227 Entering Passive Mode (203,0,113,21,156,65)
//	                                          "connect to me, 203.0.113.21 port 40001"
//
// An address inside the text of a connection is what makes FTP hard for a NAT,
// which changes addresses in the headers of packets only. RFC 2428 writes both
// commands anew, for IPv6, as EPRT and EPSV; EPSV's reply has no address left,
// since it can only be the one that the control connection goes to.
package ftp
