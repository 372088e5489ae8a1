// SPDX-License-Identifier: Apache-2.0
// under limit NAME SOFT HARD COMMAND...             a resource limit of the command; HARD - : as it is
// under block|ignore|pending SIGNAL COMMAND...      how the command finds one signal; a pending one is blocked too
// under show                                        what this process has: limits, signals, descriptors
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct {
    const char *name;
    int number;
} kLimits[] = {{"AS", RLIMIT_AS},
               {"CORE", RLIMIT_CORE},
               {"CPU", RLIMIT_CPU},
               {"DATA", RLIMIT_DATA},
               {"FSIZE", RLIMIT_FSIZE},
               {"MEMLOCK", RLIMIT_MEMLOCK},
               {"NOFILE", RLIMIT_NOFILE},
               {"NPROC", RLIMIT_NPROC},
               {"MSGQUEUE", RLIMIT_MSGQUEUE},
               {"STACK", RLIMIT_STACK},
               {"SIGPENDING", RLIMIT_SIGPENDING}};
enum { kCount = sizeof kLimits / sizeof kLimits[0] };

static int set_limit(const char *name, const char *soft, const char *hard)
{
    for (int i = 0; i < kCount; ++i)
        if (strcmp(kLimits[i].name, name) == 0) {
            struct rlimit limit;
            getrlimit(kLimits[i].number, &limit);
            limit.rlim_cur = strtoull(soft, NULL, 10);
            if (strcmp(hard, "-") != 0)
                limit.rlim_max = strtoull(hard, NULL, 10);
            return setrlimit(kLimits[i].number, &limit);
        }
    return -1;
}

static int set_signal(const char *how, int number)
{
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    if (strcmp(how, "ignore") == 0)
        return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0;
    sigprocmask(SIG_BLOCK, &one, NULL);
    return strcmp(how, "pending") == 0 ? kill(getpid(), number) : 0;
}

/// One of a process with others is as good as its own for whoever waits for it.
static void show_signals(void)
{
    sigset_t pending, blocked;
    sigpending(&pending);
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int number = 1; number < NSIG; ++number) {
        struct sigaction action;
        if (number == SIGKILL || number == SIGSTOP || sigaction(number, NULL, &action) != 0)
            continue;
        if (action.sa_handler != SIG_DFL)
            printf("ignored %d\n", number);
        if (sigismember(&blocked, number))
            printf("blocked %d\n", number);
        if (sigismember(&pending, number))
            printf("pending %d\n", number);
    }
}

static int show(void)
{
    for (int i = 0; i < kCount; ++i) {
        struct rlimit limit;
        getrlimit(kLimits[i].number, &limit);
        printf("limit %s %llu %llu\n", kLimits[i].name, (unsigned long long)limit.rlim_cur,
               (unsigned long long)limit.rlim_max);
    }
    show_signals();
    DIR *directory = opendir("/proc/self/fd");
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory))
            printf("descriptor %s\n", entry->d_name);
    printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "show") == 0)
        return show();
    const int own = argc > 1 && strcmp(argv[1], "limit") == 0 ? 5 : 3;
    if (argc <= own)
        return 99;
    if ((own == 5 ? set_limit(argv[2], argv[3], argv[4]) : set_signal(argv[1], atoi(argv[2]))) != 0) {
        perror("under");
        return 99;
    }
    execv(argv[own], argv + own);
    perror(argv[own]);
    return 98;
}
