// SPDX-License-Identifier: Apache-2.0
// The least that a debugger's session takes, in C without a check: what a launch is judged against, beside
// bare_scope.c.
//   bare_session systemd COMMAND...   a watcher, one StartTransientUnit for both, two cgroups below it, the filter,
//   exec bare_session cgroup COMMAND...    one cgroup made, limited and entered, exec
// Build: cc -O2 bare_session.c -lsystemd. cgroup v1's memory controller, or v2.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

static const char *const kPath = "/org/freedesktop/systemd1";
static const char *const kManager = "org.freedesktop.systemd1.Manager";

static void put(const char *directory, const char *file, const char *text)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", directory, file);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        _exit(125);
    (void)close(fd);
}

/// Our own directory in the hierarchy that carries memory, and its version.
static int own_cgroup(char *directory, size_t size)
{
    char text[8192];
    const int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    const ssize_t got = read(fd, text, sizeof text - 1);
    (void)close(fd);
    text[got > 0 ? got : 0] = '\0';
    char *line = strstr(text, ":memory:");
    const int version = line != NULL ? 1 : 2;
    line = version == 1 ? line + strlen(":memory:") : strstr(text, "0::") + 3;
    line[strcspn(line, "\n")] = '\0';
    (void)snprintf(directory, size, "%s%s", version == 1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup", line);
    return version;
}

static void make(char *path, size_t size, const char *directory, const char *name)
{
    (void)snprintf(path, size, "%s/%s", directory, name);
    if (mkdir(path, 0755) != 0)
        _exit(125);
}

static pid_t start_watcher(int *link)
{
    int ends[2];
    volatile pid_t orphan = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        _exit(125);
    const pid_t middle = vfork();
    if (middle == 0) {
        (void)setsid();
        orphan = fork();
        if (orphan != 0)
            _exit(0);
        char byte;
        (void)close(ends[0]);
        while (recv(ends[1], &byte, 1, 0) > 0) {
        }
        _exit(0);
    }
    (void)waitpid(middle, NULL, 0);
    (void)close(ends[1]);
    *link = ends[0];
    return orphan;
}

static int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    const char *job, *unit, *result;
    unsigned id;
    (void)error;
    if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) > 0 && strcmp(unit, userdata) == 0)
        *(char *)userdata = '\0';
    return 0;
}

static void make_scope(pid_t watcher)
{
    char unit[64];
    sd_bus *bus = NULL;
    (void)snprintf(unit, sizeof unit, "bare-session-%d.scope", (int)getpid());
    int r = sd_bus_new(&bus);
    if (r < 0 || sd_bus_set_address(bus, "unix:path=/run/systemd/private") < 0 || sd_bus_start(bus) < 0 ||
        sd_bus_match_signal_async(bus, NULL, NULL, kPath, kManager, "JobRemoved", on_job_removed, NULL, unit) < 0)
        _exit(125);
    r = sd_bus_call_method(bus, "org.freedesktop.systemd1", kPath, kManager, "StartTransientUnit", NULL, NULL,
                           "ssa(sv)a(sa(sv))", unit, "fail", 3, "MemoryMax", "t", (uint64_t)576 << 20,
                           "DelegateControllers", "as", 1, "memory", "PIDs", "au", 2, (uint32_t)getpid(),
                           (uint32_t)watcher, 0);
    while (r >= 0 && unit[0] != '\0') {
        r = sd_bus_process(bus, NULL);
        if (r == 0)
            r = sd_bus_wait(bus, UINT64_MAX);
    }
    if (r < 0)
        _exit(125);
    (void)sd_bus_close_unref(bus);
}

static void divide(pid_t watcher)
{
    char scope[2048], child[4096], number[16];
    const int version = own_cgroup(scope, sizeof scope);
    if (version == 2) {
        make(child, sizeof child, scope, "watch");
        (void)snprintf(number, sizeof number, "%d", (int)watcher);
        put(child, "cgroup.procs", number);
    }
    make(child, sizeof child, scope, "debugger");
    put(child, version == 1 ? "tasks" : "cgroup.procs", "0");
    if (version == 2)
        put(scope, "cgroup.subtree_control", "+memory");
    make(child, sizeof child, scope, "debuggee");
    put(child, version == 1 ? "memory.limit_in_bytes" : "memory.max", "536870912");
}

static void install_filter(int link)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_ptrace, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PTRACE_TRACEME, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    const int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                      SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);
    char byte = 'l', control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &listener, sizeof listener);
    if (listener < 0 || sendmsg(link, &message, 0) < 0)
        _exit(125);
    (void)close(listener);
}

static void enter_cgroup(void)
{
    char own[2048], child[4096], name[64];
    const int version = own_cgroup(own, sizeof own);
    (void)snprintf(name, sizeof name, "bare-session.%d", (int)getpid());
    make(child, sizeof child, own, name);
    put(child, version == 1 ? "memory.limit_in_bytes" : "memory.max", "536870912");
    put(child, version == 1 ? "tasks" : "cgroup.procs", "0");
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 125;
    if (strcmp(argv[1], "systemd") == 0) {
        int link;
        const pid_t watcher = start_watcher(&link);
        make_scope(watcher);
        divide(watcher);
        install_filter(link);
    } else {
        enter_cgroup();
    }
    execvp(argv[2], argv + 2);
    return 127;
}
