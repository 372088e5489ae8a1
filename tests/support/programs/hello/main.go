// SPDX-License-Identifier: Apache-2.0

// hello prints what it was started with, as JSON: part of its environment and its cgroups.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type report struct {
	GODEBUG    string
	GOMEMLIMIT string
	Args       []string `json:"args"`
	Pid        int      `json:"pid"`
	Cgroup     []string `json:"cgroup"`
}

func main() {
	lines, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		os.Exit(1)
	}
	said := report{
		GODEBUG:    os.Getenv("GODEBUG"),
		GOMEMLIMIT: os.Getenv("GOMEMLIMIT"),
		Args:       os.Args[1:],
		Pid:        os.Getpid(),
		Cgroup:     strings.Split(strings.TrimSpace(string(lines)), "\n"),
	}
	json.NewEncoder(os.Stdout).Encode(said)
}
