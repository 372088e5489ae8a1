// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dbgscope/error.hpp"
#include "dbgscope/plan.hpp"
#include "launch/say.hpp"
#include "launch/watcher_link.hpp"
#include "sys/fd.hpp"

// The cgroupfs backend: create → limits → enter, everything relative to held directory descriptors.
namespace dbgscope {

/// The directory the session's own is made in: `wanted.parent`, or above the leaf an earlier start made of it.
[[nodiscard]] std::string session_parent(const CreateCgroup &wanted);

/// One directory of ours in one hierarchy. Unless keep() was called, going away undoes it: back to where this process
/// was, directory removed.
class CgroupPlace {
  public:
    /// mkdir `path`/`name`. `version` 1 or 2 is the hierarchy's; `parent` is `path`, open.
    [[nodiscard]] static Result<CgroupPlace> make(UniqueFd parent, std::string path, std::string name, int version);
    CgroupPlace(CgroupPlace &&) noexcept = default;
    CgroupPlace &operator=(CgroupPlace &&) = delete;
    ~CgroupPlace();

    /// Writes one control file. ENODEV: the directory has been removed.
    [[nodiscard]] Result<void> write(const CgroupWrite &write) const;
    /// Moves this process, which must have one thread, into it.
    [[nodiscard]] Result<void> enter();
    /// Somebody else moves this process into it.
    void will_be_entered() { entered_ = true; }
    /// Moves this process into its child `debugger` instead.
    [[nodiscard]] Result<void> enter_leaf();
    /// launch/divide.hpp. False: it could not be done, which has been said; the limits of the whole hold.
    [[nodiscard]] bool divide(const Division &division, const Say &say) const;
    /// /proc/self/cgroup names this directory for memory, and its limit is at most `expected`. False may also mean
    /// that it could not be read.
    [[nodiscard]] bool limits_us_to(Limit expected) const;
    [[nodiscard]] std::string path() const { return path_ + '/' + name_; }

  private:
    CgroupPlace(UniqueFd parent, std::string path, std::string name, int version)
        : parent_(std::move(parent)), path_(std::move(path)), name_(std::move(name)), version_(version)
    {
    }
    [[nodiscard]] int vanished(int error_number) const;
    [[nodiscard]] Result<UniqueFd> open() const;

    UniqueFd parent_;
    std::string path_, name_;
    int version_;
    bool entered_ = false;
};

/// The session's cgroup with this process in it: the hierarchy of memory, and `unified` where the plan wants it.
/// Destroying it before exec undoes both.
class EnteredCgroup {
  public:
    /// Sweeps dead sessions, moves the parent's processes away where the plan says so, creates, limits, enters. Retries
    /// once when the directory is removed under it. On failure everything is as before.
    /// Errors: cgroup_error's, error_number set.
    [[nodiscard]] static Result<EnteredCgroup> create(const CreateCgroup &wanted, const Say &say);
    /// CgroupPlace's, of the hierarchy of memory.
    [[nodiscard]] bool limits_us_to(Limit expected) const { return places_.front().limits_us_to(expected); }
    /// Where it is, for the watcher.
    [[nodiscard]] const SessionPlace &where() const { return where_; }

  private:
    [[nodiscard]] static Result<EnteredCgroup> attempt(const CreateCgroup &wanted, const Say &say);
    void join_unified(const CreateCgroup &wanted, const Say &say);

    std::vector<CgroupPlace> places_;
    SessionPlace where_;
};

} // namespace dbgscope
