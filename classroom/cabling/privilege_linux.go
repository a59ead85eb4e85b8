package cabling

import (
	"errors"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Privilege is a set of capabilities (capabilities(7)), a bit each.
type Privilege uint64

// The privileges that a machine or the switches may need.
const (
	NetAdmin Privilege = 1 << unix.CAP_NET_ADMIN // to set up cards, addresses and routes
	NetRaw   Privilege = 1 << unix.CAP_NET_RAW   // to capture
)

// Raise puts into effect those of the privileges given that the process may have.
func Raise(p Privilege) error {
	has, err := permitted()
	if err != nil {
		return err
	}
	return set(has, has&p)
}

// Lower leaves none in effect. They can be raised again.
func Lower() error {
	has, err := permitted()
	if err != nil {
		return err
	}
	return set(has, 0)
}

// Become makes this process, which root has started, one of another user, with no
// privileges but those given, for good.
func Become(user int, p Privilege) error {
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_SET_KEEPCAPS, 1, 0)
	if err := ofAllThreads("prctl", errno); err != nil {
		return err
	}
	if err := syscall.Setgroups(nil); err != nil {
		return os.NewSyscallError("setgroups", err)
	}
	if err := syscall.Setresgid(user, user, user); err != nil {
		return os.NewSyscallError("setresgid", err)
	}
	if err := syscall.Setresuid(user, user, user); err != nil {
		return os.NewSyscallError("setresuid", err)
	}
	has, err := permitted()
	if err != nil {
		return err
	}
	return set(has&p, has&p)
}

func permitted() (Privilege, error) {
	var data [2]unix.CapUserData
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capget(&header, &data[0]); err != nil {
		return 0, os.NewSyscallError("capget", err)
	}
	return Privilege(data[0].Permitted) | Privilege(data[1].Permitted)<<32, nil
}

// set does so in every thread: Linux keeps capabilities by thread.
func set(permitted, effective Privilege) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	data := [2]unix.CapUserData{
		{Effective: uint32(effective), Permitted: uint32(permitted)},
		{Effective: uint32(effective >> 32), Permitted: uint32(permitted >> 32)},
	}
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0)
	return ofAllThreads("capset", errno)
}

func ofAllThreads(call string, errno syscall.Errno) error {
	switch errno {
	case 0:
		return nil
	case syscall.ENOTSUP:
		return errors.New("privileges can be given up by a static program only (CGO_ENABLED=0)")
	}
	return os.NewSyscallError(call, errno)
}
