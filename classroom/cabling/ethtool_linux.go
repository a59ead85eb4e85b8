package cabling

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ethtool sets one of a card's features, as struct ethtool_value of linux/ethtool.h.
func ethtool(fd int, card string, command, value uint32) error {
	setting := struct{ command, value uint32 }{command, value}
	var request struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}
	copy(request.name[:unix.IFNAMSIZ-1], card)
	request.data = unsafe.Pointer(&setting)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return errno
	}
	return nil
}
