// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/packed_rules.hpp"

namespace dbgscope {
namespace {

// The Go runtime's own fatal lines: each says all there is to know.
constexpr Rule kRules[] = {
    {.id = "gomemlimit-malformed",
     .severity = Severity::failure,
     .applies = "Go 1.19 and later",
     .patterns = {"fatal error: malformed GOMEMLIMIT"},
     .samples = {"fatal error: malformed GOMEMLIMIT; see `go doc runtime/debug.SetMemoryLimit`"},
     .what = "a Go program ended at its start: GOMEMLIMIT cannot be read",
     .cause = "Go takes bytes, or a number with B, KiB, MiB, GiB or TiB. 512M, 512MB, 0.5GiB and 512 MiB are fatal. "
              "dlv and go read the variable too: with a bad one nothing starts.",
     .cure = "GOMEMLIMIT=512MiB, or off."},
    {.id = "godebug-removed",
     .severity = Severity::failure,
     .applies = "Go 1.27 and later",
     .patterns = {"fatal error: removed GODEBUG \"{key}\" set to old value \"{value}\""},
     .samples = {"fatal error: removed GODEBUG \"asynctimerchan\" set to old value \"1\" in environment"},
     .what = "a Go program ended at its start: GODEBUG {key}={value} is not there any more",
     .cause = "From Go 1.27 on a removed setting with its old value is fatal. It comes from the environment, and hits "
              "dlv and go as well if they were built with that Go.",
     .cure = "Take {key} out of GODEBUG (launch.json env, go.toolsEnvVars, shell start files)."},
    {.id = "godebug-cgocheck",
     .severity = Severity::failure,
     .applies = "Go 1.21 and later",
     .patterns = {"fatal error: cgocheck > 1 mode is no longer supported at runtime"},
     .samples = {"fatal error: cgocheck > 1 mode is no longer supported at runtime. Use GOEXPERIMENT=cgocheck2 at "
                 "build time instead."},
     .what = "a Go program ended at its start: GODEBUG=cgocheck=2",
     .cause = "Go 1.21 moved this check from run time to the build.",
     .cure = "Take cgocheck=2 out of GODEBUG; for the check itself build with GOEXPERIMENT=cgocheck2."},
    {.id = "go-deadlock",
     .severity = Severity::failure,
     .applies = "Go programs",
     .patterns = {"^fatal error: all goroutines are asleep - deadlock!",
                  "^fatal error: no goroutines (main called runtime.Goexit) - deadlock!"},
     .samples = {"fatal error: all goroutines are asleep - deadlock!",
                 "fatal error: no goroutines (main called runtime.Goexit) - deadlock!"},
     .what = "the program deadlocked: every goroutine waits",
     .cause = "Nothing is left that could wake one: a channel nobody sends on, a WaitGroup never done, a lock never "
              "released.",
     .cure = "The goroutine dump below it shows what each waits for; in dlv: goroutines -with waitreason."},
    {.id = "go-concurrent-map",
     .severity = Severity::failure,
     .applies = "Go programs",
     .patterns = {"^fatal error: concurrent map {what}"},
     .samples = {"fatal error: concurrent map writes"},
     .what = "a map was used by two goroutines at once (concurrent map {what})",
     .cause = "The runtime ends a program that writes a map while another goroutine uses it; it cannot be recovered.",
     .cure = "Guard the map with a lock; go build -race names both places."},
    {.id = "go-stack-overflow",
     .severity = Severity::failure,
     .applies = "Go programs",
     .patterns = {"^fatal error: stack overflow", "^runtime: goroutine stack exceeds {bytes#}-byte limit"},
     .samples = {"fatal error: stack overflow", "runtime: goroutine stack exceeds 1000000000-byte limit"},
     .what = "a goroutine ran out of stack",
     .cause = "Recursion without an end: at 1 GB (250 MB on 32 bit) the runtime ends the program. With a memory limit "
              "below that the kernel may be first.",
     .cure = "The dump shows the functions that call each other."},
    {.id = "go-thread-limit",
     .severity = Severity::failure,
     .applies = "Go programs",
     .patterns = {"^fatal error: thread exhaustion", "^runtime: program exceeds {limit#}-thread limit"},
     .samples = {"fatal error: thread exhaustion", "runtime: program exceeds 10000-thread limit"},
     .what = "the program reached the runtime's limit on threads",
     .cause = "Each goroutine in a blocking system call or in C holds a thread; 10000 of them are too many for the "
              "runtime (debug.SetMaxThreads).",
     .cure = "Bound what runs at a time; the goroutine dump shows where they block."},
    {.id = "go-cpu-level",
     .severity = Severity::failure,
     .applies = "Go programs built with GOAMD64 above v1",
     .patterns = {"This program can only be run on AMD64 processors with {level_} microarchitecture support"},
     .samples = {"This program can only be run on AMD64 processors with v3 microarchitecture support."},
     .what = "this processor is older than the program was built for (GOAMD64={level})",
     .cause =
         "It was built with GOAMD64={level}; an emulator or virtual machine may offer less than the real processor.",
     .cure = "Build with GOAMD64=v1, or give the virtual machine the host's processor (-cpu host)."},
    {.id = "go-bad-system-call",
     .severity = Severity::failure,
     .applies = "Go programs, under a seccomp filter",
     .patterns = {"^SIGSYS: bad system call"},
     .samples = {"SIGSYS: bad system call"},
     .what = "the program made a system call that is forbidden here, and got SIGSYS",
     .cause = "A seccomp filter (a container's profile, SystemCallFilter= of the unit, a sandbox) ends programs for "
              "it; the registers below the line hold the call's number.",
     .cure = "audit lines with type=1326 in the kernel's log name the call (syscall=); allow it in the profile, or "
             "--security-opt seccomp=unconfined to try."},
    {.id = "go-fault",
     .severity = Severity::failure,
     .applies = "Go programs",
     .patterns = {"^unexpected fault address 0x", "^fatal error: fault$"},
     .samples = {"unexpected fault address 0x7f2c5a3c1000", "fatal error: fault"},
     .what = "the program touched memory that cannot be read",
     .cause = "SIGBUS: a mapped file has become shorter, or its disk or /dev/shm is full; or SIGSEGV in C code or "
              "through unsafe.",
     .cure = "Look at the signal and code in the line below it; df on the file system of the mapped file."},
    {.id = "go-memory-corrupt",
     .severity = Severity::failure,
     .applies = "Go programs",
     .patterns = {"^fatal error: found bad pointer in Go heap", "^fatal error: found pointer to free object",
                  "^fatal error: invalid pointer found on stack",
                  "^fatal error: unexpected signal during runtime execution", "^fatal error: bad sweepgen",
                  "^fatal error: workbuf is", "^fatal error: s.allocCount", "^fatal error: unknown pc"},
     .samples = {"fatal error: found bad pointer in Go heap (incorrect use of unsafe or cgo?)",
                 "fatal error: found pointer to free object", "fatal error: invalid pointer found on stack",
                 "fatal error: unexpected signal during runtime execution", "fatal error: bad sweepgen in refill",
                 "fatal error: workbuf is empty", "fatal error: s.allocCount != s.nelems && freeIndex == s.nelems",
                 "fatal error: unknown pc"},
     .what = "the Go runtime found its memory damaged",
     .cause = "Nearly always unsafe, cgo or a data race that wrote where it may not; seldom broken memory, and never a "
              "memory limit.",
     .cure = "Build with -race and -gcflags=all=-d=checkptr, C parts with -fsanitize=address; "
             "GODEBUG=invalidptr=1,gccheckmark=1."},
    {.id = "go-lock-misuse",
     .severity = Severity::failure,
     .applies = "Go programs",
     .patterns = {"^fatal error: sync: {what}"},
     .samples = {"fatal error: sync: unlock of unlocked mutex"},
     .what = "a lock was misused ({what})",
     .cause = "The runtime ends the program; it cannot be recovered.",
     .cure = "The first goroutine of the dump shows where."},
    {.id = "go-runtime-check",
     .severity = Severity::failure,
     .applies = "Go programs",
     .patterns = {"^fatal error: {check!}"},
     .samples = {"fatal error: morestack on g0", "fatal error: schedule: holding locks", "fatal error: bad g status"},
     .what = "the Go runtime ended the program: one of its own checks failed ({check})",
     .cause = "The line names the check. Damaged memory, C code that changes signal handlers or stacks, or a fault of "
              "that Go release.",
     .cure = "Look for the line in Go's issue tracker; try the newest patch release, and -race."},
};

} // namespace

std::vector<Rule> go_rules()
{
    return PackedRules<[] { return std::span(kRules); }>::rules();
}

} // namespace dbgscope
