// SPDX-License-Identifier: Apache-2.0
#include "launch/launch.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "launch/cgroupfs.hpp"
#include "launch/credentials.hpp"
#include "launch/dap_log_file.hpp"
#include "launch/divide.hpp"
#include "launch/execute.hpp"
#include "launch/init_file.hpp"
#include "launch/own_process.hpp"
#include "launch/scope.hpp"
#include "launch/settle.hpp"
#include "launch/verify.hpp"
#include "sys/seccomp.hpp"

namespace dbgscope {
namespace {

/// Why an attempt ended; `no_scope`: the cgroup could not be made, another plan may do.
struct Failure {
    Error error;
    bool no_scope = false;
    std::optional<WatchStart> watcher; ///< not a failure: this process is the watcher now
};

template <class T> const T *find_action(const LaunchPlan &plan)
{
    for (const Step &step : plan.steps)
        if (const T *action = std::get_if<T>(&step.action))
            return action;
    return nullptr;
}

bool makes_cgroup(const Step &step)
{
    return std::holds_alternative<CreateScope>(step.action) || std::holds_alternative<CreateCgroup>(step.action);
}

/// --require=limit: a plan that verifies none is no substitute for one that has to.
bool gives_up_required_limit(const LaunchPlan &from, const LaunchPlan &to)
{
    const auto *verify = find_action<VerifyLimit>(from);
    return verify != nullptr && verify->required && find_action<VerifyLimit>(to) == nullptr;
}

std::string join(const std::vector<std::string> &words)
{
    std::string text;
    for (const std::string &word : words)
        text += (text.empty() ? "" : ", ") + word;
    return text;
}

/// One plan, without its fallbacks. Destroying it undoes the cgroup it made.
class Attempt {
  public:
    Attempt(const LaunchPlan &plan, std::vector<std::string> environment, const Say &say, Inherited &inherited)
        : plan_(plan), environment_(std::move(environment)), say_(say), inherited_(inherited)
    {
    }
    [[nodiscard]] Failure run();

  private:
    using Done = Result<void>;
    [[nodiscard]] Done prepare();
    [[nodiscard]] Done soften(Done done, bool required, std::string_view id);

    Done carry(const StartWatcher &start);
    Done carry(const KeepDapLog &log);
    Done carry(const CreateScope &scope);
    Done carry(const CreateCgroup &cgroup);
    Done carry(const VerifyLimit &verify);
    Done carry(const InstallFilter &filter);
    Done carry(const SetOomScore &score);
    Done carry(const NoHugePages &) { return soften(no_huge_pages(), false, "huge-pages"); }
    Done carry(const SetRlimit &limit);
    Done carry(const SetNice &nice) { return set_nice(nice.value); }
    Done carry(const SetCredentials &) { return become(account_); }
    Done carry(const ChangeDirectory &directory) { return change_directory(directory.path); }
    Done carry(const SetEnvironment &) { return {}; } // by prepare
    Done carry(const WriteInitFile &file);
    Done carry(const Execute &command);
    void introduce(const SessionPlace &place);

    const LaunchPlan &plan_;
    std::vector<std::string> environment_;
    const Say &say_;
    Inherited &inherited_;
    Account account_;
    std::optional<WatcherLink> link_;
    std::optional<WatchStart> watcher_; ///< we are the watcher
    std::optional<DapLogFile> dap_log_;
    std::vector<std::string> left_out_; ///< words of the command line that have lost their purpose
    std::optional<EnteredCgroup> cgroup_;
    std::optional<Result<PtraceFilter>> filter_;
    std::string unit_line_;
    SessionPlace place_;          ///< where the watcher was told that we are
    bool split_ = false;          ///< and the filter is there
    std::string no_init_file_;    ///< the one that could not be written
    bool limit_in_doubt_ = false; ///< said already: the announcement would contradict it
};

/// What needs no step before it, so that a wrong user name fails before anything has been made; and the name service
/// is not charged to the new cgroup.
Attempt::Done Attempt::prepare()
{
    if (const auto *credentials = find_action<SetCredentials>(plan_)) {
        auto account = find_account(*credentials);
        if (!account)
            return pass(account);
        account_ = std::move(*account);
        change_environment(account_.environment, environment_);
    }
    // After USER and HOME of the account: what was asked for by name wins, as with systemd-run.
    for (const Step &step : plan_.steps)
        if (const auto *change = std::get_if<SetEnvironment>(&step.action))
            change_environment(change->changes, environment_);
    return {};
}

Failure Attempt::run()
{
    if (auto prepared = prepare(); !prepared)
        return {std::move(prepared.error()), false, {}};
    for (const Step &step : plan_.steps) {
        auto done = std::visit([&](const auto &action) { return carry(action); }, step.action);
        if (!done)
            return {std::move(done.error()), makes_cgroup(step) && done.error().kind != ErrorKind::limit, {}};
        if (watcher_)
            return {{}, false, std::move(watcher_)};
    }
    return {{.operation = "carry out", .subject = "the plan", .cause = "it has no command to execute"}, false, {}};
}

/// A step the launch can do without: one line instead of an error.
Attempt::Done Attempt::soften(Done done, bool required, std::string_view id)
{
    if (done || required)
        return done;
    say_(id, to_line(done.error()));
    return {};
}

Attempt::Done Attempt::carry(const StartWatcher &start)
{
    Watch order = start.watch;
    for (std::string *path : {&order.log_file, &order.snapshot_directory})
        if (!path->empty() && path->front() != '/') { // the watcher's working directory is "/"
            std::array<char, PATH_MAX> here{};
            if (::getcwd(here.data(), here.size()) != nullptr)
                *path = std::string(here.data()) + '/' + *path;
        }
    if (order.wait)
        inherited_.take_pending();
    auto forked = fork_watcher(order);
    if (!forked && !order.split_required)
        forked.error().hint = "this session has no split, no fuse, no verdict, and nobody cleans up after it";
    if (!forked)
        return soften(pass(forked), false, "no-watcher");
    link_ = std::move(forked->link);
    watcher_ = std::move(forked->watcher);
    if (link_ && plan_.backend == Backend::none) // no step makes a place for it
        introduce({});
    return {};
}

/// Without its file the debugger is executed as it would be without the step.
Attempt::Done Attempt::carry(const KeepDapLog &log)
{
    auto made = DapLogFile::make(log, account_);
    if (!made) {
        left_out_ = log.words;
        return soften(pass(made), false, "dap-log");
    }
    dap_log_.emplace(std::move(*made));
    if (!log.variable.empty())
        change_environment({{log.variable, log.path}}, environment_);
    return {};
}

/// The launch goes on without a watcher that has died already.
void Attempt::introduce(const SessionPlace &place)
{
    place_ = place;
    if (auto told = link_->introduce(place); !told) {
        say_("no-watcher", to_line(told.error()));
        link_.reset();
    }
}

Attempt::Done Attempt::carry(const InstallFilter &filter)
{
    // Until the filter is there, what the announcement says of the debuggee's cap is not true.
    const bool in_doubt = std::exchange(limit_in_doubt_, true);
    const auto lacking = [&](Error error) { return soften(fail(std::move(error)), filter.required, "no-split"); };
    if (!link_ || (!place_.divided && plan_.backend != Backend::none)) { // said when it happened
        const Error error{.kind = ErrorKind::unsupported,
                          .operation = "split",
                          .subject = "debugger and debuggee",
                          .cause = link_ ? "their cgroups could not be made" : "there is no watcher"};
        return filter.required ? Done(fail(error)) : Done();
    }
    // Every wait for another process is a good part of a launch. Where the watcher cannot move the debuggee it still
    // answers, and says so.
    if (auto there = filter.required ? link_->await_ready() : link_->check_alive(); !there)
        return lacking(std::move(there.error()));
    if (!filter_)
        filter_.emplace(PtraceFilter::build(filter.go_starts, filter.allocations));
    auto listener = *filter_ ? (*filter_)->install() : Result<UniqueFd>(fail(filter_->error()));
    if (!listener)
        return lacking(std::move(listener.error()));
    if (auto handed = link_->hand_over(std::move(*listener)); !handed)
        return fail(std::move(handed.error())); // nobody would answer the debugger's calls
    split_ = true;
    limit_in_doubt_ = in_doubt;
    return filter.itself ? soften(enter_debuggee(place_), false, "no-split") : Done();
}

/// Without the filter the debuggee would inherit the debugger's low score, and the machine lose something else.
Attempt::Done Attempt::carry(const SetOomScore &score)
{
    if (score.only_with_split && !split_)
        return {};
    return soften(set_oom_score(score.value), score.required, "oom-score");
}

Attempt::Done Attempt::carry(const CreateScope &scope)
{
    std::array pids{::getpid(), link_ ? link_->watcher() : 0};
    auto call = ScopeCall::start(scope, std::span(pids).first(link_ ? 2 : 1));
    if (!call)
        return pass(call);
    if (const auto *filter = find_action<InstallFilter>(plan_); link_ && scope.division && filter != nullptr)
        filter_.emplace(PtraceFilter::build(filter->go_starts)); // while the manager works
    auto result = call->wait();
    if (!result)
        return pass(result);
    if (result->limit_dropped && plan_.on_limit_failure == OnFailure::fail)
        return fail({.kind = ErrorKind::limit,
                     .operation = "enforce",
                     .subject = "the memory limit",
                     .cause = "this systemd does not know the property " + join(result->dropped)});
    limit_in_doubt_ = result->limit_dropped;
    if (!result->dropped.empty())
        say_(result->limit_dropped ? "limit-dropped" : "property-dropped",
             fmt::format("{}: this systemd does not know {}, left out", result->unit, join(result->dropped)));
    if (!result->invocation_id.empty())
        change_environment({{"INVOCATION_ID", result->invocation_id}}, environment_);
    // systemd-run's own words, from 255 on and before: only its name has a use for them.
    unit_line_ = result->invocation_id.empty()
                     ? fmt::format("Running scope as unit: {}", result->unit)
                     : fmt::format("Running as unit: {}; invocation ID: {}", result->unit, result->invocation_id);
    if (link_)
        introduce(settle_in_scope(scope, link_->watcher(), say_));
    return {};
}

Attempt::Done Attempt::carry(const CreateCgroup &cgroup)
{
    if (link_)
        link_->expect(session_parent(cgroup) + '/' + cgroup.name,
                      cgroup.unified_parent.empty() ? "" : cgroup.unified_parent + '/' + cgroup.name);
    auto made = EnteredCgroup::create(cgroup, say_);
    if (!made)
        return pass(made);
    cgroup_.emplace(std::move(*made));
    if (link_)
        introduce(cgroup_->where());
    return {};
}

Attempt::Done Attempt::carry(const VerifyLimit &verify)
{
    // The whole chain of ancestors, and the mounts, are read only where this says no: a launch waits for it.
    const auto *scope = find_action<CreateScope>(plan_);
    if (cgroup_ ? cgroup_->limits_us_to(verify.expected)
                : scope != nullptr && is_limited(scope->memory_mount, verify.expected))
        return {};
    auto verified = verify_limit(verify);
    if (verified)
        return {};
    limit_in_doubt_ = true;
    return soften(pass(verified), verify.required, "limit-not-in-force");
}

Attempt::Done Attempt::carry(const SetRlimit &limit)
{
    auto done = set_rlimit(limit);
    if (const auto number = rlimit_number(limit.resource); done && number)
        inherited_.replace_limit(*number, {.rlim_cur = limit.soft, .rlim_max = limit.hard});
    return done;
}

Attempt::Done Attempt::carry(const WriteInitFile &file)
{
    auto written = write_init_file(file);
    if (!written)
        no_init_file_ = file.path;
    return soften(std::move(written), false, "no-init-file");
}

Attempt::Done Attempt::carry(const Execute &command)
{
    if (!unit_line_.empty())
        say_(kUnitLine, unit_line_);
    if (!plan_.announcement.empty() && !limit_in_doubt_)
        say_(kStarted, plan_.announcement);
    if (link_)
        link_->tell_execution(false);
    Execute what = command;
    if (const auto words = std::ranges::search(what.arguments, left_out_); !left_out_.empty())
        what.arguments.erase(words.begin(), words.end());
    if (dap_log_)
        dap_log_->executing();
    inherited_.give_back();
    Error error = execute(no_init_file_.empty() ? what : without_init_file(what, no_init_file_), environment_);
    inherited_.take_again();
    if (link_)
        link_->tell_execution(true);
    return fail(std::move(error));
}

/// What the next plan means for the user.
std::string going_on(const LaunchPlan &failed, const LaunchPlan &next)
{
    if (next.backend != Backend::none)
        return fmt::format("going on with {}", backend_name(next.backend));
    const auto *limit = find_action<VerifyLimit>(failed);
    return limit == nullptr ? "going on without a scope"
                            : fmt::format("going on without a scope: the memory limit of {} is not enforced",
                                          format_limit(limit->expected));
}

/// Says why the next plan is used, and what that plan has to say that has not been said.
void say_fall_back(const Error &error, const LaunchPlan &first, const LaunchPlan &failed, const LaunchPlan &next,
                   const Say &say)
{
    say("no-scope", fmt::format("{}; {}", to_line(error), going_on(failed, next)));
    for (const Notice &notice : next.notices) {
        const bool said = std::any_of(first.notices.begin(), first.notices.end(), [&](const Notice &other) {
            return other.id == notice.id && other.text == notice.text;
        });
        if (!said && notice.id != "no-scope")
            say(notice.id, notice.text);
    }
}

} // namespace

Outcome carry_out(const LaunchPlan &plan, const std::vector<std::string> &environment, const Say &say,
                  Inherited inherited)
{
    const LaunchPlan *current = &plan;
    for (auto next = plan.fallback.begin();; ++next) {
        Failure failure = Attempt(*current, environment, say, inherited).run();
        if (failure.watcher)
            return {{}, std::move(failure.watcher)};
        // A manager that did not answer in time may still move us: a cgroup of our own would lose its process.
        if (failure.error.kind == ErrorKind::timeout)
            while (next != plan.fallback.end() && next->backend != Backend::none)
                ++next;
        if (!failure.no_scope || current->on_scope_failure == OnFailure::fail || next == plan.fallback.end() ||
            gives_up_required_limit(*current, *next))
            return {std::move(failure.error), {}};
        say_fall_back(failure.error, plan, *current, *next, say);
        current = &*next;
    }
}

} // namespace dbgscope
