//go:build !linux

package main

import (
	"context"
	"errors"
)

var errLinuxOnly = errors.New("a class of containers runs on Linux only; `wirebook up` runs everywhere")

func (*classOptions) serveSwitches(context.Context, *app) error { return errLinuxOnly }

func (*classOptions) serveHost(context.Context, *app) error { return errLinuxOnly }

func (*classOptions) serveNewcomer(context.Context, *app, []string) error { return errLinuxOnly }

func (*classOptions) askHealth(context.Context, *app) error { return errLinuxOnly }

func (*classOptions) askWhole(context.Context, *app) error { return errLinuxOnly }

func (*classOptions) askRenewal(context.Context, *app) error { return errLinuxOnly }

func (*classOptions) servePage(context.Context, *app) error { return errLinuxOnly }
