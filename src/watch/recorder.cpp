// SPDX-License-Identifier: Apache-2.0
#include "watch/recorder.hpp"

#include <unistd.h>

#include <ctime>

#include "kernel/process.hpp"
#include "session/end.hpp"
#include "session/history.hpp"
#include "session/journal.hpp"
#include "session/recording_file.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

std::int64_t clock_ms(clockid_t clock)
{
    timespec now{};
    (void)::clock_gettime(clock, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

std::string first_line(const std::string &path)
{
    auto text = read_file(path, 4096);
    return text ? text->substr(0, text->find('\n')) : std::string();
}

} // namespace

Recorder::Recorder(const Watch &order, ProcessId debugger)
    : paths_(session_paths()), use_pidfd_(order.use_pidfd), use_cgroup_kill_(order.use_cgroup_kill)
{
    record_.id = order.session;
    record_.backend = order.backend;
    record_.tool = order.tool;
    record_.command = order.command;
    record_.debugger = debugger;
    note_directory();
    record_.boot_id = first_line("/proc/sys/kernel/random/boot_id");
    record_.pid_namespace = own_pid_namespace();
    record_.time_namespace = own_time_namespace();
    record_.uid = ::geteuid();
    record_.watcher = process_id(::getpid()).value_or(ProcessId{});
    record_.started_unix_s = clock_ms(CLOCK_REALTIME) / 1000;
    started_boot_ms_ = clock_ms(CLOCK_BOOTTIME);
    record_.cap = order.cap;
    (order.fuse == FuseAction::look ? record_.look : record_.fuse) = order.fuse_line;
    record_.scope_limit = order.scope_limit;
    record_.go_version = order.go_version;
    if (order.gomemlimit_live)
        record_.gomemlimit = order.gomemlimit.value_or(Limit());
    record_.gomemlimit_ours = order.gomemlimit_ours;
}

void Recorder::note_directory()
{
    if (std::string now = working_directory_of(record_.debugger.pid); !now.empty())
        record_.directory = std::move(now);
}

/// A disk that is full or a directory that is gone: told in the record itself, wherever that still can be written.
void Recorder::note(const Result<void> &written)
{
    if (written || failed_)
        return;
    failed_ = true;
    keep_unsaid(to_line(written.error()));
}

void Recorder::keep_unsaid(std::string_view line)
{
    constexpr std::size_t kMaxUnsaid = 64;
    if (record_.unsaid.size() < kMaxUnsaid)
        record_.unsaid.emplace_back(line);
}

void Recorder::write()
{
    if (!registry_)
        if (auto opened = Registry::create(paths_))
            registry_.emplace(std::move(*opened));
    record_.duration_ms = clock_ms(CLOCK_BOOTTIME) - started_boot_ms_;
    if (registry_)
        note(registry_->write_live(record_));
}

std::optional<Limit> Recorder::take_cap()
{
    return registry_ ? registry_->take_cap(record_) : std::nullopt;
}

void Recorder::sweep()
{
    if (!registry_)
        return;
    for (const LiveSession &session : registry_->list_live())
        if (!session.debugger_alive && !session.watcher_alive && !holds_its_debugger(session.record))
            note(clean_up(*registry_, session.record,
                          {.use_pidfd = use_pidfd_, .use_cgroup_kill = use_cgroup_kill_, .history = paths_.history}));
    keep_orphaned_recordings(registry_->path(), paths_.history);
}

void Recorder::end()
{
    record_.state = SessionState::ended;
    record_.duration_ms = clock_ms(CLOCK_BOOTTIME) - started_boot_ms_;
    if (!paths_.history.empty())
        note(append_history(paths_.history, record_));
    note(keep_recording(registry_ ? registry_->path() : paths_.live, paths_.history, record_));
    (void)send_to_journal(record_);
    if (registry_)
        note(registry_->remove_live(record_));
}

} // namespace dbgscope
