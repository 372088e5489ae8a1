// SPDX-License-Identifier: Apache-2.0
#include "launch/cgroupfs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#include "kernel/cgroup.hpp"
#include "kernel/cgroup_error.hpp"
#include "kernel/cgroup_tree.hpp"
#include "kernel/delegation.hpp"
#include "kernel/own_cgroup.hpp"
#include "kernel/parse.hpp"
#include "kernel/sweep.hpp"
#include "launch/divide.hpp"
#include "launch/vacate.hpp"
#include "sys/file.hpp"

namespace dbgscope {
namespace {

/// For reading its entries and for flock, so not O_PATH.
Result<UniqueFd> open_parent(const std::string &path)
{
    auto parent = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    if (!parent)
        return fail(cgroup_error(CgroupOperation::open, parent.error().error_number, path));
    return parent;
}

} // namespace

/// Sessions belong beside the leaf, not one level deeper each time.
std::string session_parent(const CreateCgroup &wanted)
{
    const std::string_view parent = wanted.parent;
    const std::string leaf = std::string("/") + kLeafName;
    if (wanted.vacate_parent && parent.ends_with(leaf))
        return std::string(parent.substr(0, parent.size() - leaf.size()));
    return wanted.parent;
}

Result<CgroupPlace> CgroupPlace::make(UniqueFd parent, std::string path, std::string name, int version)
{
    if (::mkdirat(parent.get(), name.c_str(), 0755) != 0)
        return fail(cgroup_error(CgroupOperation::create, errno, path + '/' + name));
    return CgroupPlace(std::move(parent), std::move(path), std::move(name), version);
}

CgroupPlace::~CgroupPlace()
{
    if (!parent_.valid())
        return;
    // Where the parent has been vacated we were in the leaf.
    const Cgroup parent(parent_.get(), version_);
    const auto leaf = open_directory(kLeafName, parent_.get());
    [[maybe_unused]] const bool back = entered_ && (parent.enter() || (leaf && Cgroup(leaf->get(), version_).enter()));
    (void)remove_cgroup(parent_.get(), name_);
}

/// ENOENT of a file may mean that the whole directory is gone: ENODEV then.
int CgroupPlace::vanished(int error_number) const
{
    const bool gone = error_number == ENOENT && ::faccessat(parent_.get(), name_.c_str(), F_OK, 0) != 0;
    return gone ? ENODEV : error_number;
}

Result<void> CgroupPlace::write(const CgroupWrite &write) const
{
    if (auto written = write_at(parent_.get(), name_ + '/' + write.file, write.value); !written)
        return fail(cgroup_error(CgroupOperation::limit, vanished(written.error().error_number),
                                 fmt::format("{}/{} to {}", path(), write.file, write.value)));
    return {};
}

Result<void> CgroupPlace::enter()
{
    if (auto written = write_at(parent_.get(), name_ + '/' + file_name(CgroupFile::enter, version_), "0"); !written)
        return fail(cgroup_error(CgroupOperation::enter, vanished(written.error().error_number), path()));
    entered_ = true;
    return {};
}

Result<UniqueFd> CgroupPlace::open() const
{
    auto directory = open_at(parent_.get(), name_, O_RDONLY | O_DIRECTORY);
    if (!directory)
        return fail(cgroup_error(CgroupOperation::open, vanished(directory.error().error_number), path()));
    return directory;
}

Result<void> CgroupPlace::enter_leaf()
{
    auto directory = open();
    if (!directory)
        return pass(directory);
    if (auto entered = enter_debugger_leaf(directory->get(), path(), version_); !entered) {
        entered.error().error_number = vanished(entered.error().error_number);
        return entered;
    }
    entered_ = true;
    return {};
}

bool CgroupPlace::divide(const Division &division, const Say &say) const
{
    auto directory = open();
    const Result<void> divided =
        directory ? dbgscope::divide(directory->get(), path(), division, say) : Result<void>(pass(directory));
    if (!divided)
        say("no-split", fmt::format("debugger and debuggee share one limit: {}", to_line(divided.error())));
    return divided.has_value();
}

bool CgroupPlace::limits_us_to(Limit expected) const
{
    const auto self = read_self_cgroup();
    if (!self)
        return false;
    const OwnCgroups own = parse_self_cgroup(*self);
    const auto path = version_ == 1 ? own.memory_v1 : own.unified;
    std::string_view in = path ? std::string_view(*path) : std::string_view();
    const std::string leaf = std::string("/") + kDebuggerName;
    if (in.ends_with(leaf))
        in.remove_suffix(leaf.size());
    if (!in.ends_with('/' + name_)) // the name is no other session's
        return false;
    const auto text = read_at(parent_.get(), name_ + '/' + file_name(CgroupFile::limit, version_));
    Limit limit;
    return text && parse_limit(*text, limit) && limit <= expected;
}

Result<EnteredCgroup> EnteredCgroup::create(const CreateCgroup &wanted, const Say &say)
{
    // A sweep in another pid namespace cannot see us and may take the directory for a dead session's.
    auto made = attempt(wanted, say);
    if (!made && made.error().error_number == ENODEV)
        return attempt(wanted, say);
    return made;
}

Result<EnteredCgroup> EnteredCgroup::attempt(const CreateCgroup &wanted, const Say &say)
{
    const std::string path = session_parent(wanted);
    // Held until we are inside: the next launcher must not find us in the parent and move us out of our limit.
    Result<CgroupLock> lock = wanted.vacate_parent ? lock_cgroup(path, wanted.enable) : CgroupLock{.vacate = false};
    if (!lock)
        return pass(lock);
    auto parent = open_parent(path);
    if (!parent)
        return pass(parent);
    sweep_dead_sessions(parent->get());
    std::optional<Vacancy> vacancy;
    if (lock->vacate) {
        auto made = Vacancy::make(lock->directory.get(), path, wanted.enable);
        if (!made)
            return pass(made);
        vacancy.emplace(std::move(*made));
    } else if (auto enabled = enable_controllers(parent->get(), path, wanted.enable); !enabled) {
        return pass(enabled);
    }
    auto place = CgroupPlace::make(std::move(*parent), path, wanted.name, wanted.version);
    if (!place)
        return pass(place);
    for (const CgroupWrite &write : wanted.writes) {
        auto written = place->write(write);
        if (!written && write.optional && written.error().error_number == ENOENT)
            say("limit-dropped",
                fmt::format("{} = {} is not set: this kernel has no such file here", write.file, write.value));
        else if (!written)
            return pass(written);
    }
    EnteredCgroup session;
    if (auto entered = wanted.division ? place->enter_leaf() : place->enter(); !entered)
        return pass(entered);
    if (vacancy)
        vacancy->keep();
    session.where_ = {.version = wanted.version,
                      .scope = place->path(),
                      .debugger_leaf = wanted.division.has_value(),
                      .remove = true};
    session.where_.divided = wanted.division && place->divide(*wanted.division, say);
    session.places_.push_back(std::move(*place));
    if (!wanted.unified_parent.empty())
        session.join_unified(wanted, say);
    return session;
}

/// No limit hangs on it: a failure is said and survived. The watcher moves us in: a launch would wait for that as long
/// as for all the rest together.
void EnteredCgroup::join_unified(const CreateCgroup &wanted, const Say &say)
{
    auto parent = open_parent(wanted.unified_parent);
    if (parent) {
        sweep_dead_sessions(parent->get());
        if (auto place = CgroupPlace::make(std::move(*parent), wanted.unified_parent, wanted.name, 2)) {
            place->will_be_entered();
            where_.unified = place->path();
            places_.push_back(std::move(*place));
            return;
        } else {
            parent = pass(place);
        }
    }
    say("no-unified", fmt::format("no pressure and no kill of the whole cgroup: {}", to_line(parent.error())));
}

} // namespace dbgscope
