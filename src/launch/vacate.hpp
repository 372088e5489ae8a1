// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "dbgscope/error.hpp"
#include "sys/fd.hpp"

// cgroup v2's no-internal-process rule: a cgroup that passes memory on to children holds no processes of its own.
namespace dbgscope {

/// The flock(2) of a cgroup in which launchers make theirs, held as long as the descriptor.
struct CgroupLock {
    UniqueFd directory;
    bool vacate = true; ///< exclusive: the controllers are to be enabled. Else shared: they are
};

/// Opens `path` and waits up to two seconds for its lock: a launcher that moves processes must not find another one on
/// the way to its limit. Where the controllers are enabled already nobody moves anybody, and launchers do not wait for
/// each other. Errors: timeout.
[[nodiscard]] Result<CgroupLock> lock_cgroup(const std::string &path, const std::vector<std::string> &controllers);

/// A cgroup whose processes were moved into its child kLeafName. Unless keep() was called, going away undoes it.
class Vacancy {
  public:
    /// Moves every process of `parent` (open, at `path`), our own included, and enables `controllers` for children.
    /// Processes that appear meanwhile are moved too. The caller holds lock_cgroup(path) with `vacate`.
    /// Errors: cgroup_error's, when one may not be moved or new ones keep appearing; everything is as before then.
    [[nodiscard]] static Result<Vacancy> make(int parent, const std::string &path,
                                              const std::vector<std::string> &controllers);
    Vacancy(Vacancy &&other) noexcept;
    Vacancy &operator=(Vacancy &&) = delete;
    ~Vacancy();
    void keep() { parent_ = -1; }

  private:
    Vacancy(int parent, const std::string &path) : parent_(parent), path_(path) {}
    [[nodiscard]] Result<void> open_leaf();
    [[nodiscard]] Result<bool> pass_once();
    [[nodiscard]] std::string leaf() const;

    int parent_;
    std::string path_;
    UniqueFd leaf_procs_;
    std::vector<pid_t> moved_;
    std::string enabled_before_; ///< cgroup.subtree_control as it was
    std::string disable_;        ///< "-memory": what we enabled
    bool made_leaf_ = false;
};

/// Writes "+memory +pids" to cgroup.subtree_control. Errors: EBUSY when processes are in `parent`.
[[nodiscard]] Result<void> enable_controllers(int parent, const std::string &path,
                                              const std::vector<std::string> &controllers);

} // namespace dbgscope
