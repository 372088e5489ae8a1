// SPDX-License-Identifier: Apache-2.0

// spawn starts two processes that sleep for a minute, one in a session of its own, prints their pids, and exits; with
// -wait it sleeps as long as they do.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func start(session bool) int {
	command := exec.Command("sleep", "60")
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: session}
	if err := command.Start(); err != nil {
		fmt.Fprintf(os.Stderr, "spawn: %v\n", err)
		os.Exit(1)
	}
	return command.Process.Pid
}

func main() {
	wait := flag.Bool("wait", false, "sleep too")
	flag.Parse()
	fmt.Fprintf(os.Stderr, "spawn: daemon %d child %d\n", start(true), start(false))
	if *wait {
		time.Sleep(time.Minute)
	}
}
