// SPDX-License-Identifier: Apache-2.0
#include "launch/vacate.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <utility>

#include "kernel/cgroup.hpp"
#include "kernel/cgroup_error.hpp"
#include "kernel/delegation.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

constexpr int kVersion = 2; ///< v1 has no such rule
constexpr int kMaxPasses = 16;
constexpr auto kLockPatience = std::chrono::seconds(2);
constexpr long kLockPauseNs = 2'000'000;

/// Writes one pid to an open cgroup.procs. Returns errno, 0 for success and for a process that has ended.
int move_process(int procs, pid_t pid)
{
    const std::string text = std::to_string(pid);
    if (::write(procs, text.data(), text.size()) >= 0 || errno == ESRCH)
        return 0;
    return errno;
}

bool has_word(std::string_view text, std::string_view word)
{
    // "cpu io memory pids\n"
    while (!text.empty()) {
        const auto end = text.find_first_of(" \n");
        if (text.substr(0, end) == word)
            return true;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return false;
}

/// "+memory +pids" of those that are not among the words of `present`.
std::string control_words(char sign, const std::vector<std::string> &controllers, std::string_view present)
{
    std::string words;
    for (const std::string &controller : controllers)
        if (!has_word(present, controller))
            (words += words.empty() ? "" : " ") += sign + controller;
    return words;
}

bool all_enabled(int parent, const std::vector<std::string> &controllers)
{
    const auto control = Cgroup(parent, kVersion).read(CgroupFile::subtree_control);
    return control && control_words('+', controllers, *control).empty();
}

enum class Attempt : std::uint8_t { got, busy, failed };

/// One try of flock(2), errno as it left it. A lock that is converted in vain is lost.
Attempt try_lock(int directory, int kind)
{
    int done = 0;
    do
        done = ::flock(directory, kind | LOCK_NB);
    while (done != 0 && errno == EINTR);
    if (done == 0)
        return Attempt::got;
    return errno == EWOULDBLOCK ? Attempt::busy : Attempt::failed;
}

} // namespace

Result<CgroupLock> lock_cgroup(const std::string &path, const std::vector<std::string> &controllers)
{
    auto directory = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    if (!directory)
        return fail(cgroup_error(CgroupOperation::open, directory.error().error_number, path));
    const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
    for (;;) {
        // Under the shared lock nobody undoes what is enabled now.
        auto locked = try_lock(directory->get(), LOCK_SH);
        if (locked == Attempt::got && all_enabled(directory->get(), controllers))
            return CgroupLock{.directory = std::move(*directory), .vacate = false};
        if (locked == Attempt::got)
            locked = try_lock(directory->get(), LOCK_EX);
        if (locked == Attempt::got)
            return CgroupLock{.directory = std::move(*directory), .vacate = true};
        if (locked == Attempt::failed)
            return fail(cgroup_error(CgroupOperation::vacate, errno, path));
        if (std::chrono::steady_clock::now() >= deadline)
            return fail(cgroup_error(CgroupOperation::vacate, ETIMEDOUT, path));
        const timespec pause{.tv_sec = 0, .tv_nsec = kLockPauseNs};
        (void)::nanosleep(&pause, nullptr);
    }
}

Result<void> enable_controllers(int parent, const std::string &path, const std::vector<std::string> &controllers)
{
    const std::string value = control_words('+', controllers, "");
    if (value.empty())
        return {};
    if (auto written = Cgroup(parent, kVersion).write(CgroupFile::subtree_control, value); !written)
        return fail(cgroup_error(CgroupOperation::enable, written.error().error_number,
                                 path + '/' + file_name(CgroupFile::subtree_control, kVersion)));
    return {};
}

Result<Vacancy> Vacancy::make(int parent, const std::string &path, const std::vector<std::string> &controllers)
{
    Vacancy vacancy(parent, path);
    if (auto opened = vacancy.open_leaf(); !opened)
        return pass(opened);
    // A process that forks while it is moved leaves its child behind, and others may be put here at any time.
    for (int pass_number = 0; pass_number < kMaxPasses; ++pass_number) {
        auto empty = vacancy.pass_once();
        if (!empty)
            return pass(empty);
        if (!*empty)
            continue;
        auto enabled = enable_controllers(parent, path, controllers);
        if (enabled) {
            vacancy.disable_ = control_words('-', controllers, vacancy.enabled_before_);
            return vacancy;
        }
        if (enabled.error().error_number != EBUSY)
            return pass(enabled);
    }
    return fail(cgroup_error(CgroupOperation::vacate, EBUSY, vacancy.leaf()));
}

Vacancy::Vacancy(Vacancy &&other) noexcept
    : parent_(std::exchange(other.parent_, -1)), path_(std::move(other.path_)),
      leaf_procs_(std::move(other.leaf_procs_)), moved_(std::move(other.moved_)),
      enabled_before_(std::move(other.enabled_before_)), disable_(std::move(other.disable_)),
      made_leaf_(other.made_leaf_)
{
}

Vacancy::~Vacancy()
{
    if (parent_ < 0)
        return;
    const Cgroup parent(parent_, kVersion);
    [[maybe_unused]] const bool disabled = !disable_.empty() && parent.write(CgroupFile::subtree_control, disable_);
    if (auto procs = parent.open(CgroupFile::procs, O_WRONLY))
        for (const pid_t pid : moved_)
            (void)move_process(procs->get(), pid);
    if (made_leaf_)
        (void)::unlinkat(parent_, kLeafName, AT_REMOVEDIR);
}

Result<void> Vacancy::open_leaf()
{
    if (auto control = Cgroup(parent_, kVersion).read(CgroupFile::subtree_control))
        enabled_before_ = std::move(*control);
    made_leaf_ = ::mkdirat(parent_, kLeafName, 0755) == 0;
    if (!made_leaf_ && errno != EEXIST)
        return fail(cgroup_error(CgroupOperation::create, errno, leaf()));
    auto procs = open_at(parent_, std::string(kLeafName) + '/' + file_name(CgroupFile::procs, kVersion), O_WRONLY);
    if (!procs)
        return fail(cgroup_error(CgroupOperation::vacate, procs.error().error_number, leaf()));
    leaf_procs_ = std::move(*procs);
    return {};
}

/// Moves what is in the parent now. True when nothing was; an error when nothing there can be moved.
Result<bool> Vacancy::pass_once()
{
    const auto found = Cgroup(parent_, kVersion).pids();
    if (!found)
        return fail(cgroup_error(CgroupOperation::vacate, found.error().error_number, leaf()));
    const std::vector<pid_t> &pids = *found;
    int refused = 0;
    bool progress = false;
    for (const pid_t pid : pids) {
        // Writing 0 would move ourselves.
        if (const int code = pid == 0 ? EXDEV : move_process(leaf_procs_.get(), pid); code != 0) {
            refused = code;
            continue;
        }
        moved_.push_back(pid);
        progress = true;
    }
    if (refused != 0 && !progress)
        return fail(cgroup_error(CgroupOperation::vacate, refused, leaf()));
    return pids.empty();
}

std::string Vacancy::leaf() const
{
    return path_ + '/' + kLeafName;
}

} // namespace dbgscope
