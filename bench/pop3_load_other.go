//go:build !linux

package main

import (
	"context"
	"errors"
)

func loadPOP3(context.Context, []string) error { return errors.ErrUnsupported }
