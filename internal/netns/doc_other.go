//go:build !linux

// Package netns makes network namespaces for tests, which only Linux has.
package netns
