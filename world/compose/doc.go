// Package compose writes a world as a file for Docker Compose: a container for each
// host and router, one for the switches, one for the page, and a student's
// workstation.
//
//	text, err := compose.Write(plan, compose.Options{})
//
// The containers of the class have no network of Docker's: package classroom plugs
// them into switches of the class's own. So all that the file says of a machine is
// which one it is; its addresses and routes are in the plan alone.
//
// The file is one that docker-compose 1.29 and Compose v2 both take.
package compose
