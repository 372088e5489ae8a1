// SPDX-License-Identifier: Apache-2.0
#include "tools/explain/packed_rules.hpp"

namespace dbgscope {
namespace {

// Who may trace whom.
constexpr Rule kRules[] = {
    {.id = "userns-refused",
     .severity = Severity::failure,
     .applies = "container tools, sandboxes, CI",
     .patterns = {"fork/exec /proc/self/exe: operation not permitted",
                  "unshare failed: ", "fork/exec /proc/self/exe: no space left on device",
                  "unshare(CLONE_NEWUSER): ", "cannot clone: Operation not permitted", " uid_map failed: {why}",
                  "failed to unshare {what} Operation not permitted", "fork/exec /proc/self/exe: permission denied"},
     .samples = {"Error: fork/exec /proc/self/exe: operation not permitted",
                 "unshare: unshare failed: Operation not permitted",
                 "Error: fork/exec /proc/self/exe: no space left on device",
                 "Error during unshare(CLONE_NEWUSER): Operation not permitted",
                 "cannot clone: Operation not permitted", "newuidmap: write to uid_map failed: Operation not permitted",
                 "nsexec[4711]: failed to unshare user namespace: Operation not permitted",
                 "Error: fork/exec /proc/self/exe: permission denied"},
     .what = "a container tool may not make user namespaces",
     .cause = "It starts itself in new namespaces, which is forbidden or at its limit here: "
              "kernel.unprivileged_userns_clone=0, "
              "user.max_user_namespaces=0, Ubuntu 24.04's AppArmor, or a container's seccomp profile. ptrace has "
              "nothing to do with it.",
     .cure = "sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, or "
             "user.max_user_namespaces above 0; inside a container --privileged or a profile that allows it."},
    {.id = "sandbox-refused",
     .severity = Severity::failure,
     .applies = "bubblewrap, Flatpak, Chrome, Singularity; AppArmor",
     .patterns = {"bwrap: No permissions to creat", "bwrap: Creating new namespace failed",
                  "bwrap: setting up uid map: Permission denied", "Failed to move to new namespace: PID namespaces",
                  "No usable sandbox! ", "Failed to create user namespace: {why}",
                  "ser namespaces are not enabled in /proc/sys/", "apparmor=\"DENIED\" operation=\"userns_create\""},
     .samples = {"bwrap: No permissions to creating new namespace, likely because the kernel does not allow "
                 "non-privileged user namespaces.",
                 "bwrap: Creating new namespace failed: Operation not permitted",
                 "bwrap: setting up uid map: Permission denied",
                 "Failed to move to new namespace: PID namespaces supported, Network namespace supported, but failed: "
                 "errno = Operation not permitted",
                 "No usable sandbox! Update your kernel",
                 "ERROR  : Failed to create user namespace: user namespace disabled",
                 "user namespaces are not enabled in /proc/sys/user/max_user_namespaces",
                 "[88.5] audit: type=1400 audit(1763805600.123:45): apparmor=\"DENIED\" operation=\"userns_create\" "
                 "class=\"namespace\" profile=\"unconfined\" pid=4711 comm=\"bwrap\" "
                 "target=\"unprivileged_userns\""},
     .what = "a sandbox may not make user namespaces",
     .cause = "It starts programs in new namespaces, which is forbidden here: kernel.unprivileged_userns_clone=0, "
              "user.max_user_namespaces=0, Ubuntu 24.04's AppArmor, or a container's seccomp profile. ptrace has "
              "nothing to do with it.",
     .cure = "sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, or "
             "user.max_user_namespaces above 0; inside a container --privileged or a profile that allows it.",
     .caused_by = {"userns-refused"}},
    {.id = "ptrace-not-implemented",
     .severity = Severity::failure,
     .applies = "gdb, gdbserver, dlv, strace; emulators and filters",
     .patterns = {"ptrace: Function not implemented", "fork/exec {file}: function not implemented",
                  "ould not attach to pid {pid#}: function not implemented",
                  "Cannot attach to {kind_} {pid#}: Function not implemented",
                  "PTRACE_TRACEME: Function not implemented", "PTRACE_{request}: Function not implemented",
                  "ptrace({request}): Function not implemented"},
     .samples = {"warning: ptrace: Function not implemented",
                 "could not launch process: fork/exec /w/app: function not implemented",
                 "could not attach to pid 12: function not implemented",
                 "Cannot attach to process 12: Function not implemented (38)",
                 "strace: test_ptrace_get_syscall_info: PTRACE_TRACEME: Function not implemented",
                 "strace: attach: ptrace(PTRACE_SEIZE, 12): Function not implemented",
                 "strace: ptrace(PTRACE_TRACEME, ...): Function not implemented"},
     .what = "ptrace is not there at all (ENOSYS): this is an emulator, or a filter that says so",
     .cause = "qemu-user and Rosetta, which run an image of another architecture (docker --platform), have no ptrace; "
              "so has gVisor in part, and a seccomp filter may answer ENOSYS. Rights and capabilities do not help.",
     .cure = "Use an image of the machine's own architecture (docker run --platform linux/arm64 on an ARM machine, as "
             "on Apple's). dbgscope doctor ptrace tells emulator and filter apart.",
     .caused_by = {"emulated-image"}},
    {.id = "ptrace-emulated",
     .severity = Severity::failure,
     .applies = "gdb, lldb, dlv; Rosetta, qemu-user",
     .patterns = {"Couldn't get CS register: Input/output error", "Couldn't get registers: Input/output error",
                  "could not launch process: function not implemented",
                  "personality set failed: Function not implemented", "attach failed: Function not implemented"},
     .samples = {"Couldn't get CS register: Input/output error.",
                 "warning: Couldn't get registers: Input/output error.",
                 "could not launch process: function not implemented",
                 "error: personality set failed: Function not implemented",
                 "error: attach failed: Function not implemented"},
     .what = "ptrace is not there, or only in part: this is an emulator",
     .cause = "Rosetta and qemu-user, which run an image of another architecture (docker --platform, an amd64 image on "
              "Apple's machines), do not do what a debugger needs. Rights and capabilities do not help.",
     .cure = "Use an image of the machine's own architecture (docker run --platform linux/arm64 on an ARM machine, as "
             "on Apple's). dbgscope doctor ptrace tells emulator and filter apart.",
     .caused_by = {"emulated-image"}},
    {.id = "emulated-image",
     .severity = Severity::warning,
     .applies = "docker, qemu-user",
     .patterns = {"The requested image's platform (", "qemu: uncaught target signal {signal#} "},
     .samples = {"WARNING: The requested image's platform (linux/amd64) does not match the detected host platform "
                 "(linux/arm64/v8) and no specific platform was requested",
                 "qemu: uncaught target signal 11 (Segmentation fault) - core dumped"},
     .what = "the image is for another architecture: its programs run in an emulator",
     .cause = "qemu-user and Rosetta have no ptrace, or only a part of it: no debugger works inside, whatever the "
              "rights. Some programs crash in them that are sound.",
     .cure =
         "Use or build an image of the machine's own architecture: docker run --platform, docker build --platform."},
    {.id = "ptrace-launch-refused",
     .severity = Severity::failure,
     .applies = "dlv, gdb, gdbserver; containers",
     .patterns = {"could not launch process: fork/exec {file}: operation not permitted",
                  "?fork/exec {file}: operation not permitted", "warning: ptrace: Operation not permitted",
                  "gdbserver: ptrace: Operation not permitted", "^ptrace: Operation not permitted$",
                  "PTRACE_TRACEME: Operation not permitted", "ptrace(PTRACE_TRACEME, ...): Operation not permitted"},
     .samples = {"could not launch process: fork/exec /app/server: operation not permitted",
                 "fork/exec /app/server: operation not permitted", "warning: ptrace: Operation not permitted",
                 "gdbserver: ptrace: Operation not permitted", "ptrace: Operation not permitted",
                 "gdbserver: linux_ptrace_test_ret_to_nx: Cannot PTRACE_TRACEME: Operation not permitted",
                 "strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted"},
     .what = "the kernel refused to let the program be traced",
     .cause = "ptrace is forbidden here: a container's seccomp profile, yama ptrace_scope=3, a security module, or a "
              "tracer that is there already.",
     .cure = "docker run --cap-add=SYS_PTRACE --security-opt seccomp=unconfined; in Kubernetes "
             "securityContext.capabilities.add SYS_PTRACE. dbgscope doctor shows what forbids it.",
     .unless = "/proc/self/exe",
     .caused_by = {"apparmor-ptrace", "selinux-ptrace", "seccomp-ptrace"}},
    {.id = "ptrace-start-refused",
     .severity = Severity::failure,
     .applies = "gdb, lldb, CodeLLDB, strace; containers, SELinux",
     .patterns = {"warning: ptrace: Permission denied", "gdbserver: ptrace: Permission denied",
                  "PTRACE_TRACEME doesn't work: ", "packet returned an error: 8",
                  "personality set failed: Operation not permitted"},
     .samples = {"warning: ptrace: Permission denied", "gdbserver: ptrace: Permission denied",
                 "strace: ptrace_setoptions: PTRACE_TRACEME doesn't work: Operation not permitted",
                 "error: process launch failed: 'A' packet returned an error: 8",
                 "error: Cannot launch '/w/app': personality set failed: Operation not permitted"},
     .what = "the kernel refused to let the program be started under a debugger",
     .cause = "A container's seccomp profile forbids ptrace or personality (lldb switches address randomization off), "
              "or SELinux forbids ptrace (Permission denied, and a line avc: denied in the audit log).",
     .cure = "docker run --cap-add=SYS_PTRACE --security-opt seccomp=unconfined; CodeLLDB: \"initCommands\": "
             "[\"settings set target.disable-aslr false\"]; setsebool deny_ptrace 0. dbgscope doctor shows what "
             "forbids it.",
     .caused_by = {"apparmor-ptrace", "selinux-ptrace", "seccomp-ptrace"}},
    {.id = "already-traced",
     .severity = Severity::failure,
     .applies = "dlv 1.22 and later, gdb",
     .patterns = {"already being debugged by pid {tracer#}", "is already traced by process {tracer#}"},
     .samples = {"could not attach to pid 812: already being debugged by pid 644",
                 "warning: process 22110 is already traced by process 22111"},
     .what = "process {tracer} is tracing it already",
     .cause = "A process has one tracer: another dlv, gdb or strace holds it, perhaps a session left over.",
     .cure = "End the other one. dbgscope ps shows sessions, dbgscope stop ID ends one."},
    {.id = "attach-refused",
     .severity = Severity::failure,
     .applies = "dlv, gdb, gdbserver; Linux with yama",
     .patterns = {"this could be caused by a kernel security setting, try writing \"0\"",
                  "could not attach to pid {pid#}: operation not permitted", "^ptrace: Operation not permitted.",
                  "Cannot attach to {kind_} {pid#}: Operation not permitted",
                  "failed because of insufficient privileges with error message",
                  "If your uid matches the uid of the target process, check the setting of",
                  "attach failed: Operation not permitted", "ptrace(PTRACE_SEIZE, {pid#}): Operation not permitted"},
     .samples = {"Could not attach to pid 812: this could be caused by a kernel security setting, try writing \"0\" to "
                 "/proc/sys/kernel/yama/ptrace_scope",
                 "could not attach to pid 22110: operation not permitted", "ptrace: Operation not permitted.",
                 "Cannot attach to process 812: Operation not permitted (1)",
                 "Unable to start debugging. Attaching to process 812 with GDB failed because of insufficient "
                 "privileges with error message 'ptrace: Operation not permitted.'.",
                 "Could not attach to process.  If your uid matches the uid of the target process, check the setting "
                 "of /proc/sys/kernel/yama/ptrace_scope, or try",
                 "error: attach failed: Operation not permitted",
                 "strace: attach: ptrace(PTRACE_SEIZE, 812): Operation not permitted"},
     .what = "the kernel refused to attach",
     .cause = "One of: yama (ptrace_scope=1 lets a process be traced by its ancestors only), another user's process, a "
              "container without SYS_PTRACE, or somebody tracing it already.",
     .cure = "Start the program under the debugger instead of attaching, or: sysctl kernel.yama.ptrace_scope=0, or "
             "attach as root. dbgscope doctor says which of them it is.",
     .caused_by = {"already-traced", "attach-zombie", "apparmor-ptrace", "selinux-ptrace", "seccomp-ptrace"}},
    {.id = "attach-other-user",
     .severity = Severity::failure,
     .applies = "dlv 1.5 and later",
     .patterns = {"Could not attach to pid {pid#}: current user does not own the process"},
     .samples = {"Could not attach to pid 1: current user does not own the process"},
     .what = "process {pid} belongs to another user",
     .cause = "Only its owner, or root, may trace a process.",
     .cure = "Run the debugger as that user or as root: sudo dlv attach {pid}."},
    {.id = "attach-no-process",
     .severity = Severity::failure,
     .applies = "dlv, gdb, gdbserver",
     .patterns = {"could not attach to pid {pid#}: no such process", "Cannot attach to process {pid#}: No such process",
                  "^ptrace: No such process.", "Cannot attach to lwp {pid#}: No such process",
                  "process exited with status -1 (no such process)"},
     .samples = {"could not attach to pid 999999: no such process",
                 "Cannot attach to process 999999: No such process (3)", "ptrace: No such process.",
                 "Cannot attach to lwp 999999: No such process (3)",
                 "error: process exited with status -1 (no such process)"},
     .what = "the process to attach to is not there",
     .cause =
         "It has ended, or the pid is one of another pid namespace: outside a container pids are not those inside.",
     .cure = "Look it up again: pgrep -a NAME; for a container docker top, or attach inside it."},
    {.id = "apparmor-ptrace",
     .severity = Severity::failure,
     .applies = "AppArmor",
     .patterns = {"apparmor=\"DENIED\" operation=\"ptrace\"{x}profile=\"{profile}\"{y}requested_mask=\"trace\"",
                  "apparmor=\"DENIED\" operation=\"ptrace\"{x}profile=\"{profile}\"{y}requested_mask=\"tracedby\""},
     .samples = {"[88.5] audit: type=1400 audit(1763805600.123:45): apparmor=\"DENIED\" operation=\"ptrace\" "
                 "class=\"ptrace\" profile=\"docker-default\" pid=4711 comm=\"dlv\" requested_mask=\"trace\" "
                 "denied_mask=\"trace\" peer=\"docker-default\"",
                 "[88.5] audit: type=1400 audit(1763805600.123:46): apparmor=\"DENIED\" operation=\"ptrace\" "
                 "profile=\"unconfined\" pid=4711 comm=\"gdb\" requested_mask=\"tracedby\" denied_mask=\"tracedby\" "
                 "peer=\"snap.x.y\""},
     .what = "AppArmor forbade ptrace (profile {profile})",
     .cause = "The profile of the tracer or of what it traces has no ptrace rule for the other. Kernels before 4.8 and "
              "old docker profiles forbid it even inside one container.",
     .cure = "docker run --security-opt apparmor=unconfined for the debug container, or \"ptrace (trace,read) "
             "peer=...\" in the profile; capabilities do not help."},
    {.id = "selinux-ptrace",
     .severity = Severity::failure,
     .applies = "SELinux",
     .patterns = {"denied  {open} ptrace } for {x}tclass=process",
                  "SELinux is preventing {program_} from using the ptrace access"},
     .samples = {"type=AVC msg=audit(1763805600.123:45): avc:  denied  { ptrace } for  pid=4711 comm=\"dlv\" "
                 "scontext=system_u:system_r:container_t:s0:c1 tcontext=system_u:system_r:container_t:s0:c2 "
                 "tclass=process permissive=0",
                 "SELinux is preventing /usr/bin/dlv from using the ptrace access on a process."},
     .what = "SELinux forbade ptrace",
     .cause = "The boolean deny_ptrace is on, or the two processes are of domains that may not trace each other "
              "(containers with different categories).",
     .cure = "setsebool deny_ptrace 0; for a debug container --security-opt label=disable; capabilities do not help.",
     .unless = "permissive=1"},
    {.id = "pkexec-refused",
     .severity = Severity::failure,
     .applies = "VS Code with cpptools",
     .patterns = {"Superuser access is required to attach to a process", "?Error executing command as another user: ",
                  "Authentication is needed to run `{program}' as the super user", "Stopped (tty {x}/usr/bin/pkexec",
                  "?==== AUTHENTICATING FOR org.freedesktop.policykit.exec"},
     .samples = {"Superuser access is required to attach to a process. Attaching as superuser can potentially harm "
                 "your computer. Do you want to continue? [y/N]",
                 "Error executing command as another user: No authentication agent found.",
                 "Authentication is needed to run `/usr/bin/gdb' as the super user",
                 "[1] + Stopped (tty output)       /usr/bin/pkexec \"/usr/bin/gdb\" --interpreter=mi",
                 "==== AUTHENTICATING FOR org.freedesktop.policykit.exec ==="},
     .what = "cpptools wanted root to attach (pkexec), and did not get it",
     .cause = "Where yama's ptrace_scope is not 0 it starts gdb through pkexec, which needs an agent or a terminal; "
              "over SSH, in WSL and in containers there is none.",
     .cure = "sysctl kernel.yama.ptrace_scope=0, then no root is asked for; or start the program under the debugger."},
    {.id = "wsl1-proc-mem",
     .severity = Severity::failure,
     .applies = "gdb 11 and later on WSL 1",
     .patterns = {"opening /proc/PID/mem file for lwp {lwp_} failed: No such file or directory",
                  "opening /proc/{pid#}/mem file for lwp {lwp_} failed: No such file or directory"},
     .samples = {"warning: opening /proc/PID/mem file for lwp 92.92 failed: No such file or directory (2)",
                 "warning: opening /proc/92/mem file for lwp 92.92 failed: No such file or directory (2)"},
     .what = "gdb cannot read the program's memory: /proc/PID/mem is not there",
     .cause = "WSL 1 has no such file (a filtered /proc may hide it too), and gdb from 11 on uses nothing else. "
              "Breakpoints then cannot be inserted.",
     .cure = "wsl --set-version DISTRO 2; or gdb 10 and older."},
};

} // namespace

std::vector<Rule> rights_rules()
{
    return PackedRules<[] { return std::span(kRules); }>::rules();
}

} // namespace dbgscope
