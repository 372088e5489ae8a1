// SPDX-License-Identifier: Apache-2.0
#include "launch/scope.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include <fmt/core.h>

#include "kernel/process.hpp"
#include "launch/scope_errors.hpp"
#include "launch/scope_manager.hpp"
#include "sys/bus.hpp"
#include "sys/bus_value.hpp"
#include "sys/fd.hpp"

namespace dbgscope {
namespace {

struct JobEnd {
    std::string job, result;
};

struct JobWatch {
    const BusLibrary *library = nullptr;
    std::string unit;
    std::vector<JobEnd> ended; ///< the signal may overtake the answer that names the job
};

/// JobRemoved(u id, o job, s unit, s result)
extern "C" int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *) noexcept
{
    auto *watch = static_cast<JobWatch *>(userdata);
    std::uint32_t id = 0;
    const char *job = nullptr;
    const char *unit = nullptr;
    const char *result = nullptr;
    if (watch->library->sd_bus_message_read(message, "uoss", &id, &job, &unit, &result) > 0 && watch->unit == unit)
        watch->ended.push_back({job, result});
    return 0;
}

/// Descriptors for `pids`, or nothing when the kernel has none (before 5.3) or a process is gone.
std::vector<UniqueFd> open_pidfds(std::span<const pid_t> pids)
{
    std::vector<UniqueFd> fds;
    for (const pid_t pid : pids) {
        fds.push_back(open_pidfd(pid));
        if (!fds.back().valid())
            return {};
    }
    return fds;
}

} // namespace

struct ScopeCall::State {
    ManagerBus bus;
    CreateScope scope;
    std::span<const pid_t> pids;
    Deadline deadline;
    std::vector<UniqueFd> pidfds; ///< empty: the processes are named by number
    JobWatch jobs{};
    BusSlot match{};
    PendingCall start{};
    ScopeResult result{};

    [[nodiscard]] ManagerRequest request() const { return {"create scope", scope.unit, scope.user_manager}; }
    [[nodiscard]] Error in_words(Error error) const;
    void write_processes(BusWriter &out) const;
    [[nodiscard]] Result<void> send_start();
    [[nodiscard]] Result<void> send_probe(const ScopeProperty &property, PendingCall &probe) const;
    [[nodiscard]] Result<void> drop_unknown_properties();
    [[nodiscard]] Result<void> reset_failed_unit() const;
    [[nodiscard]] Result<std::string> accepted_job();
    [[nodiscard]] Result<void> await_job(const std::string &job);
    [[nodiscard]] std::string read_invocation_id() const;
    [[nodiscard]] Result<void> listen();
    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<void> finish();
    [[nodiscard]] Result<bool> after_loss(Error error);
};

/// A connection's failure, said of the scope.
Error ScopeCall::State::in_words(Error error) const
{
    error.operation = "create scope";
    error.subject = scope.unit;
    if (error.kind == ErrorKind::timeout)
        error.hint = fmt::format("see systemctl{} list-jobs", scope.user_manager ? " --user" : "");
    return error;
}

void ScopeCall::State::write_processes(BusWriter &out) const
{
    const bool by_fd = !pidfds.empty();
    out.open('r', "sv");
    out.text(by_fd ? "PIDFDs" : "PIDs");
    out.open('v', by_fd ? "ah" : "au");
    out.open('a', by_fd ? "h" : "u");
    for (std::size_t i = 0; i < pids.size(); ++i) {
        const int fd = by_fd ? pidfds[i].get() : -1;
        const auto pid = static_cast<std::uint32_t>(pids[i]);
        out.basic(by_fd ? 'h' : 'u', by_fd ? static_cast<const void *>(&fd) : &pid);
    }
    out.close();
    out.close();
    out.close();
}

/// StartTransientUnit(s name, s mode, a(sv) properties, a(sa(sv)) aux)
Result<void> ScopeCall::State::send_start()
{
    auto message = bus.manager_call("StartTransientUnit");
    if (!message)
        return pass(message);
    BusWriter out(bus.library(), message->get());
    out.text(scope.unit);
    out.text(scope.job_mode);
    out.open('a', "(sv)");
    for (const ScopeProperty &property : scope.properties)
        out.property(property.name, property.value);
    write_processes(out);
    out.close();
    out.open('a', "(sa(sv))");
    out.close();
    if (out.status() < 0)
        return fail(errno_error(-out.status(), "describe scope", scope.unit));
    return bus.send(*message, start);
}

/// Asks whether the manager knows a property without making anything. It checks all properties, in order, before it
/// applies the first; the second one here is as old as scopes and its value is wrong. So an unknown property is
/// answered as such and any other with InvalidArgs. (That no process is given would stop it, too.)
Result<void> ScopeCall::State::send_probe(const ScopeProperty &property, PendingCall &probe) const
{
    auto message = bus.manager_call("StartTransientUnit");
    if (!message)
        return pass(message);
    BusWriter out(bus.library(), message->get());
    out.text(scope.unit);
    out.text(scope.job_mode);
    out.open('a', "(sv)");
    out.property(property.name, property.value);
    out.property("KillMode", std::string("dbgscope-asks"));
    out.close();
    out.open('a', "(sa(sv))");
    out.close();
    if (out.status() < 0)
        return fail(errno_error(-out.status(), "ask about property", property.name));
    return bus.send(*message, probe);
}

/// The error says that some property is unknown; which one it says in a sentence only. All are asked about at once, so
/// it costs one round trip.
Result<void> ScopeCall::State::drop_unknown_properties()
{
    std::vector<PendingCall> probes(scope.properties.size());
    for (std::size_t i = 0; i < probes.size(); ++i)
        if (auto sent = send_probe(scope.properties[i], probes[i]); !sent)
            return sent;
    auto driven = bus.drive(
        deadline, [&] { return std::all_of(probes.begin(), probes.end(), [](auto &p) { return p.answered(); }); });
    if (!driven)
        return fail(in_words(std::move(driven.error())));

    std::vector<ScopeProperty> known;
    for (std::size_t i = 0; i < probes.size(); ++i) {
        ScopeProperty &property = scope.properties[i];
        if (!is_unknown_property(probes[i].error_name())) {
            known.push_back(std::move(property));
            continue;
        }
        if (!property.droppable)
            return fail({.kind = ErrorKind::unsupported,
                         .operation = "create scope",
                         .subject = scope.unit,
                         .cause = fmt::format("this systemd knows no property {} of scopes", property.name),
                         .bus_name = probes[i].error_name()});
        result.limit_dropped |= property.limit;
        result.dropped.push_back(property.name);
    }
    scope.properties = std::move(known);
    return {};
}

/// A failed scope stays loaded and keeps its name. Whether this helped shows at the next try.
Result<void> ScopeCall::State::reset_failed_unit() const
{
    auto message = bus.manager_call("ResetFailedUnit");
    if (!message)
        return pass(message);
    BusWriter out(bus.library(), message->get());
    out.text(scope.unit);
    PendingCall reset;
    if (auto sent = bus.send(*message, reset); !sent)
        return sent;
    return bus.drive(deadline, [&] { return reset.answered(); });
}

/// Drives StartTransientUnit to its end; returns the job's object path.
Result<std::string> ScopeCall::State::accepted_job()
{
    bool negotiated = false;
    bool reset = false;
    for (;;) {
        if (auto driven = bus.drive(deadline, [&] { return start.answered(); }); !driven)
            return fail(in_words(std::move(driven.error())));
        const std::string error_name = start.error_name();
        if (error_name.empty())
            break;
        Result<void> next;
        if (is_unknown_property(error_name) && !pidfds.empty())
            pidfds.clear(); // PIDFDs: since 255
        else if (is_unknown_property(error_name) && !std::exchange(negotiated, true))
            next = drop_unknown_properties();
        else if (is_unit_exists(error_name) && !std::exchange(reset, true))
            next = reset_failed_unit();
        else
            return fail(manager_error(request(), error_name, start.error_text()));
        if (next)
            next = send_start();
        if (!next)
            return pass(next);
    }
    const char *job = nullptr;
    if (bus.library().sd_bus_message_read(start.answer.get(), "o", &job) <= 0)
        return fail(manager_error(request(), "", "the manager's answer cannot be read"));
    return job;
}

Result<void> ScopeCall::State::await_job(const std::string &job)
{
    const JobEnd *end = nullptr;
    auto driven = bus.drive(deadline, [&] {
        for (const JobEnd &candidate : jobs.ended)
            if (candidate.job == job)
                end = &candidate;
        return end != nullptr;
    });
    if (!driven)
        return fail(in_words(std::move(driven.error())));
    if (end->result == "failed")
        return fail(failed_error(request(), unit_result(bus, scope.unit, deadline)));
    if (end->result != "done")
        return fail(job_error(request(), end->result));
    return {};
}

/// The unit this process is in now. systemd-run exports it from 255 on; one more round trip, so not before that.
std::string ScopeCall::State::read_invocation_id() const
{
    const BusLibrary &sd = bus.library();
    auto message = bus.call("/org/freedesktop/systemd1/unit/self", "org.freedesktop.DBus.Properties", "Get");
    if (!message)
        return {};
    BusWriter out(sd, message->get());
    out.text("org.freedesktop.systemd1.Unit");
    out.text("InvocationID");
    PendingCall get;
    if (!bus.send(*message, get) || !bus.drive(deadline, [&] { return get.answered(); }))
        return {};
    const void *bytes = nullptr;
    std::size_t count = 0;
    if (sd.sd_bus_message_enter_container(get.answer.get(), 'v', "ay") <= 0 ||
        sd.sd_bus_message_read_array(get.answer.get(), 'y', &bytes, &count) <= 0)
        return {};
    std::string hex;
    for (const std::uint8_t byte : std::span(static_cast<const std::uint8_t *>(bytes), count))
        hex += fmt::format("{:02x}", byte);
    return hex;
}

ScopeCall::ScopeCall(std::unique_ptr<State> state) : state_(std::move(state)) {}
ScopeCall::ScopeCall(ScopeCall &&) noexcept = default;
ScopeCall &ScopeCall::operator=(ScopeCall &&) noexcept = default;
ScopeCall::~ScopeCall() = default;

Result<ScopeCall> ScopeCall::start(const CreateScope &scope, std::span<const pid_t> pids,
                                   std::chrono::milliseconds timeout, std::optional<bool> pidfds)
{
    auto bus = connect_to(scope, timeout);
    if (!bus)
        return pass(bus);
    if (scope.ask_password && !bus->direct())
        timeout = std::max(timeout, kPasswordTimeout);
    const BusLibrary &library = bus->library();
    auto state = std::unique_ptr<State>(
        new State{.bus = std::move(*bus), .scope = scope, .pids = pids, .deadline = Deadline::clock::now() + timeout});
    // The manager's version is not asked for: a guess from the library's saves a failed round trip on most machines.
    if (pidfds.value_or(library.since_255))
        state->pidfds = open_pidfds(pids);
    state->jobs = {&library, scope.unit, {}};
    state->result.unit = scope.unit;
    auto begun = state->begin();
    if (!begun && is_away(begun.error()))
        begun = {}; // wait() asks for it again
    if (!begun)
        return pass(begun);
    return ScopeCall(std::move(state));
}

Result<void> ScopeCall::State::begin()
{
    if (auto listening = listen(); !listening)
        return listening;
    if (auto sent = send_start(); !sent)
        return sent;
    auto driven = bus.drive(deadline, [&] { return bus.flushed() || start.answered(); });
    if (!driven)
        return fail(in_words(std::move(driven.error())));
    return {};
}

Result<void> ScopeCall::State::listen()
{
    auto listening = bus.match("JobRemoved", on_job_removed, &jobs);
    if (!listening)
        return pass(listening);
    match = std::move(*listening);
    return {};
}

Result<void> ScopeCall::State::finish()
{
    auto job = accepted_job();
    if (!job)
        return pass(job);
    return await_job(*job);
}

/// The connection has gone, and the answer with it: whether the scope is there the manager says itself. True: it is and
/// we are in it; false: it was asked for again.
Result<bool> ScopeCall::State::after_loss(Error error)
{
    const auto until = std::min(deadline, Deadline::clock::now() + kAwayAtMost);
    const Error lost = error;
    while (is_away(error) && Deadline::clock::now() < until) {
        if (are_in(pids, scope.unit))
            return true;
        std::this_thread::sleep_for(kAwayPause);
        auto again =
            connect_to(scope, std::chrono::duration_cast<std::chrono::milliseconds>(until - Deadline::clock::now()));
        if (!again) {
            error = in_words(std::move(again.error()));
            continue;
        }
        start = {};
        match.reset();
        jobs.ended.clear();
        bus = std::move(*again);
        auto there = has_unit(bus, scope.unit, until);
        if (there && *there) { // its job goes on where it was
            while (!are_in(pids, scope.unit) && Deadline::clock::now() < deadline)
                std::this_thread::sleep_for(kAwayPause);
            if (are_in(pids, scope.unit))
                return true;
            return fail(lost);
        }
        auto begun = there ? begin() : Result<void>(pass(there));
        if (begun)
            return false;
        error = std::move(begun.error());
    }
    return fail(lost);
}

Result<ScopeResult> ScopeCall::wait()
{
    const std::unique_ptr<State> state = std::move(state_);
    for (auto done = state->finish(); !done; done = state->finish()) {
        auto made = state->after_loss(std::move(done.error()));
        if (!made)
            return pass(made);
        if (*made)
            break;
    }
    if (!state->scope.may_stay_out && stayed_out(state->scope, state->pids))
        return fail(condition_error(state->request()));
    if (state->bus.library().since_255)
        state->result.invocation_id = state->read_invocation_id();
    return std::move(state->result);
}

} // namespace dbgscope
