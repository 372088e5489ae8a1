// SPDX-License-Identifier: Apache-2.0
#include "watch/holders.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "dbgscope/bytes.hpp"
#include "kernel/proc_files.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr std::chrono::milliseconds kEndPatience{200};

/// Second number of /proc/PID/statm: pages in memory.
std::uint64_t resident_pages(pid_t pid, const std::string &proc)
{
    const auto text = read_file(proc + '/' + std::to_string(pid) + "/statm", 256);
    const auto blank = text ? text->find(' ') : std::string::npos;
    std::uint64_t pages = 0;
    if (blank != std::string::npos)
        (void)std::from_chars(text->data() + blank + 1, text->data() + text->size(), pages);
    return pages;
}

/// What a child of the watcher must not inherit: its blocked signals. Its standard output is `to`, its standard error
/// nothing; all other descriptors are closed on exec.
struct SpawnSettings {
    posix_spawnattr_t attributes{};
    posix_spawn_file_actions_t actions{};
    explicit SpawnSettings(int to)
    {
        sigset_t none{};
        (void)::sigemptyset(&none);
        (void)::posix_spawnattr_init(&attributes);
        (void)::posix_spawnattr_setsigmask(&attributes, &none);
        (void)::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        (void)::posix_spawn_file_actions_init(&actions);
        (void)::posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
        (void)::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    SpawnSettings(const SpawnSettings &) = delete;
    SpawnSettings &operator=(const SpawnSettings &) = delete;
    ~SpawnSettings()
    {
        (void)::posix_spawn_file_actions_destroy(&actions);
        (void)::posix_spawnattr_destroy(&attributes);
    }
};

std::vector<std::string> words_of(const LookOrder &order)
{
    if (order.gc_places)
        return {"dbgscope", std::string(kGcVerb), std::to_string(order.pid)};
    std::vector<std::string> words{"dbgscope", std::string(kHolderVerb), std::to_string(order.pid), order.session};
    if (order.snapshot) {
        words.emplace_back(order.bounded ? kSnapshotAmong : kSnapshotIn);
        words.push_back(order.directory);
    }
    return words;
}

/// Where the session's record lies; nothing else of the environment is its business.
std::vector<std::string> places_in_environment()
{
    std::vector<std::string> places;
    for (const char *name : {"HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"})
        if (const char *value = std::getenv(name)) // NOLINT(concurrency-mt-unsafe): one thread
            places.push_back(std::string(name) + '=' + value);
    return places;
}

std::vector<char *> pointers_to(std::vector<std::string> &words)
{
    std::vector<char *> pointers;
    for (std::string &word : words)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// 0: it could not be started.
pid_t spawn(const LookOrder &order, int to)
{
    std::vector<std::string> words = words_of(order), environment = places_in_environment();
    const SpawnSettings settings(to);
    pid_t child = 0;
    const int code = ::posix_spawn(&child, kSelfExecutable, &settings.actions, &settings.attributes,
                                   pointers_to(words).data(), pointers_to(environment).data());
    return code == 0 ? child : 0;
}

/// Close on exec; the reading end does not block.
bool make_pipe(UniqueFd &from, UniqueFd &to)
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return false;
    from = UniqueFd(ends[0]);
    to = UniqueFd(ends[1]);
    return ::fcntl(from.get(), F_SETFL, O_NONBLOCK) == 0;
}

} // namespace

bool InsideLook::start(const LookOrder &order)
{
    end();
    UniqueFd from, to, answer, tell;
    if (!make_pipe(from, to) || !make_pipe(answer, tell) || ::fcntl(answer.get(), F_SETFL, 0) != 0)
        return false;
    const pid_t middle = ::fork();
    if (middle == 0) {
        const pid_t child = spawn(order, to.get());
        (void)!::write(tell.get(), &child, sizeof child);
        ::_exit(0);
    }
    tell.reset();
    pid_t child = 0;
    if (middle > 0 && ::read(answer.get(), &child, sizeof child) == sizeof child && child > 0)
        if (const auto process = process_id(child))
            running_.emplace(*process);
    while (middle > 0 && ::waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
    }
    if (child > 0)
        from_ = std::move(from);
    return child > 0;
}

LookNews InsideLook::read()
{
    constexpr std::size_t kMostUnread = 16 * kKiB; // ten lines of a healthy one
    LookNews news;
    std::array<char, 4096> bytes; // NOLINT: filled by read
    ssize_t got = 0;
    while ((got = ::read(from_.get(), bytes.data(), bytes.size())) > 0 && unread_.size() < kMostUnread)
        unread_.append(bytes.data(), static_cast<std::size_t>(got));
    const bool waits = got < 0 && (errno == EAGAIN || errno == EINTR);
    take_look_lines(unread_, news);
    news.over = !waits;
    if (news.over)
        end();
    return news;
}

void InsideLook::end()
{
    if (running_ && running_->send(SIGKILL) == 0)
        (void)running_->wait_end(kEndPatience);
    running_.reset();
    from_.reset();
    unread_.clear();
}

void take_look_lines(std::string &text, LookNews &news)
{
    std::size_t from = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', from)) {
        const std::string_view line(text.data() + from, end - from);
        const auto blank = line.find(' ');
        const std::string_view kind = line.substr(0, blank);
        const std::string_view rest = blank == std::string_view::npos ? "" : line.substr(blank + 1);
        if (kind == "say")
            news.say.emplace_back(rest);
        else if (kind == "held-by")
            news.held_by = rest;
        else if (kind == "snapshot")
            news.snapshot = rest;
        else if (kind == kGcVerb)
            news.gc_places = rest;
        from = end + 1;
    }
    text.erase(0, from);
}

pid_t largest_process(const std::vector<pid_t> &pids, const std::string &proc)
{
    pid_t largest = 0;
    std::uint64_t most = 0;
    for (const pid_t pid : pids)
        if (const std::uint64_t pages = resident_pages(pid, proc); pages > most) {
            most = pages;
            largest = pid;
        }
    return largest;
}

} // namespace dbgscope
