// SPDX-License-Identifier: Apache-2.0
// spin works in one function that another calls, for five minutes; at SIGUSR1 it becomes the program of its arguments.
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long spun;
static volatile sig_atomic_t told;

static void tell(int number)
{
    told = number;
}

__attribute__((noinline)) static void spin_hard(unsigned long rounds)
{
    for (unsigned long i = 0; i < rounds; ++i)
        spun += i * i;
}

__attribute__((noinline)) static void serve(void)
{
    for (int i = 0; i < 100; ++i)
        spin_hard(100000);
    spun += 1;
}

int main(int argc, char **argv)
{
    const time_t end = time(NULL) + 300;
    signal(SIGUSR1, tell);
    fprintf(stderr, "spin: ready\n");
    while (time(NULL) < end && !told)
        serve();
    if (argc > 1 && told)
        execvp(argv[1], argv + 1);
    return 0;
}
