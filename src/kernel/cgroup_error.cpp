// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup_error.hpp"

#include <array>
#include <cerrno>
#include <utility>

namespace dbgscope {
namespace {

using enum CgroupOperation;

const char *words(CgroupOperation operation)
{
    switch (operation) {
    case open: return "open cgroup";
    case create: return "create cgroup";
    case enable: return "enable controllers through";
    case limit: return "set limit";
    case enter: return "enter cgroup";
    case vacate: return "move processes into";
    }
    return "";
}

struct Meaning {
    CgroupOperation operation;
    int error_number;
    const char *cause;
    const char *hint;
};

constexpr const char *kDelegate =
    "run as root, in a cgroup delegated to this user (systemd: Delegate=yes), or with --backend=systemd-user";
constexpr const char *kReadOnly = "the cgroup file system is mounted read-only";
constexpr const char *kWritable = "give the container a writable cgroup mount; podman: --security-opt "
                                  "unmask=/sys/fs/cgroup, on cgroup v1 --privileged";
constexpr const char *kGone = "the cgroup was removed in the meantime";
constexpr const char *kThreaded = "it is a threaded cgroup or lies below one, and memory cannot be limited there";

constexpr std::array kMeanings{
    Meaning{open, EACCES, "this user may not read it", kDelegate},
    Meaning{open, ENOENT, "our own cgroup is gone, or lies outside what is mounted here", ""},
    Meaning{create, EACCES, "this user may not create a cgroup there", kDelegate},
    Meaning{create, EPERM, "this user may not create a cgroup there", kDelegate},
    Meaning{create, EROFS, kReadOnly, kWritable},
    Meaning{create, ENOENT, kGone, ""},
    Meaning{create, ENODEV, kGone, ""},
    Meaning{create, ENOSPC, "the kernel has no memory cgroup id left (there are 65535)",
            "remove cgroups that are no longer used"},
    Meaning{create, EAGAIN, "cgroup.max.depth or cgroup.max.descendants of a cgroup above is reached",
            "raise it, or remove cgroups that are no longer used"},
    Meaning{create, ENAMETOOLONG, "the name is longer than 255 bytes", "use a shorter --unit or --name-prefix"},
    Meaning{enable, EBUSY, "processes are still in the cgroup itself (no-internal-process rule)",
            "start from a cgroup that holds only your own processes"},
    Meaning{enable, ENOENT, "the controller is not available to this cgroup",
            "enable it in cgroup.subtree_control of the cgroup above"},
    Meaning{enable, EINVAL, "this kernel does not know the controller", ""},
    Meaning{enable, EACCES, "this user may not write it", kDelegate},
    Meaning{enable, EPERM, "this user may not write it", kDelegate},
    Meaning{enable, EROFS, kReadOnly, kWritable},
    Meaning{enable, EOPNOTSUPP, kThreaded, ""},
    Meaning{enable, ENODEV, kGone, ""},
    Meaning{limit, ENOENT, "the controller is not enabled for this cgroup", ""},
    Meaning{limit, ENODEV, kGone, ""},
    Meaning{limit, EACCES, "this user may not write it", kDelegate},
    Meaning{limit, EPERM, "the kernel does not let it be changed here (root of a cgroup namespace)", ""},
    Meaning{limit, EROFS, kReadOnly, kWritable},
    Meaning{limit, EBUSY, "more memory is in use than can be reclaimed", ""},
    Meaning{limit, EINVAL, "the kernel does not accept the value", ""},
    Meaning{limit, EOPNOTSUPP, kThreaded, ""},
    Meaning{enter, EACCES, "this user may not move processes out of the cgroup they are in", kDelegate},
    Meaning{enter, EPERM, "this user may not move processes out of the cgroup they are in", kDelegate},
    Meaning{enter, ENOENT, "our process comes from outside this cgroup namespace", ""},
    Meaning{enter, ENODEV, kGone, ""},
    Meaning{enter, EBUSY, "the cgroup passes controllers on to children and may not hold processes", ""},
    Meaning{enter, EOPNOTSUPP, kThreaded, ""},
    Meaning{enter, EROFS, kReadOnly, kWritable},
    Meaning{vacate, EACCES, "a process there is not this user's to move",
            "start from a cgroup that holds only your own processes"},
    Meaning{vacate, EPERM, "a process there is not this user's to move",
            "start from a cgroup that holds only your own processes"},
    Meaning{vacate, EINVAL, "a process there cannot be moved (a kernel thread)", ""},
    Meaning{vacate, EXDEV, "a process there belongs to another pid namespace",
            "start from a cgroup that holds only your own processes"},
    Meaning{vacate, ETIMEDOUT, "another start of dbgscope has held the cgroup for too long", "try again"},
    Meaning{vacate, EBUSY, "new processes keep appearing there", "try again"},
};

} // namespace

Error cgroup_error(CgroupOperation operation, int error_number, std::string subject)
{
    Error error = errno_error(error_number, words(operation), std::move(subject));
    for (const Meaning &meaning : kMeanings) {
        if (meaning.operation != operation || meaning.error_number != error_number)
            continue;
        error.cause = meaning.cause;
        error.hint = meaning.hint;
    }
    return error;
}

} // namespace dbgscope
