// Package dnsd is a server of the Domain Name System, in either of its roles:
// authoritative for zones of its own (Authority), or a caching resolver
// (package resolver).
package dnsd
