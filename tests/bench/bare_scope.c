// SPDX-License-Identifier: Apache-2.0
// The least a launcher can do on a systemd host: one StartTransientUnit over sd-bus on the private socket, wait for its
// job, exec. Launch times are judged against it. Build: cc -O2 bare_scope.c -lsystemd
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

static const char *const kPath = "/org/freedesktop/systemd1";
static const char *const kManager = "org.freedesktop.systemd1.Manager";

struct end {
    const char *unit;
    char result[32];
};

static int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    struct end *end = userdata;
    const char *job, *unit, *result;
    unsigned id;
    (void)error;
    if (sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) > 0 && strcmp(unit, end->unit) == 0)
        (void)snprintf(end->result, sizeof end->result, "%s", result);
    return 0;
}

static int make_scope(sd_bus *bus, const char *unit)
{
    struct end end = {unit, ""};
    sd_bus_error error = SD_BUS_ERROR_NULL;
    int r = sd_bus_match_signal_async(bus, NULL, NULL, kPath, kManager, "JobRemoved", on_job_removed, NULL, &end);
    if (r >= 0)
        r = sd_bus_call_method(bus, "org.freedesktop.systemd1", kPath, kManager, "StartTransientUnit", &error, NULL,
                               "ssa(sv)a(sa(sv))", unit, "fail", 2, "MemoryMax", "t", (uint64_t)512 << 20, "PIDs", "au",
                               1, (uint32_t)getpid(), 0);
    while (r >= 0 && end.result[0] == '\0') {
        r = sd_bus_process(bus, NULL);
        if (r == 0)
            r = sd_bus_wait(bus, UINT64_MAX);
    }
    if (error.message != NULL)
        fprintf(stderr, "%s\n", error.message);
    return r < 0 ? r : strcmp(end.result, "done");
}

int main(int argc, char **argv)
{
    sd_bus *bus = NULL;
    char unit[64];
    if (argc < 2)
        return 125;
    (void)snprintf(unit, sizeof unit, "bare-scope-%d.scope", (int)getpid());
    if (sd_bus_new(&bus) < 0 || sd_bus_set_address(bus, "unix:path=/run/systemd/private") < 0 ||
        sd_bus_start(bus) < 0 || make_scope(bus, unit) != 0)
        return 125;
    (void)sd_bus_close_unref(bus);
    execvp(argv[1], argv + 1);
    return 127;
}
