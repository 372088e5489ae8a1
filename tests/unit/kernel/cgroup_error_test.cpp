// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup_error.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace dbgscope {
namespace {

TEST(CgroupError, EachErrnoHasItsOwnWords)
{
    std::vector<std::string> lines;
    for (const auto operation : {CgroupOperation::create, CgroupOperation::enable, CgroupOperation::enter})
        for (const int code : {EACCES, EBUSY, EROFS, ENOENT, EOPNOTSUPP, ENOSPC, EAGAIN}) {
            const Error error = cgroup_error(operation, code, "/c");
            EXPECT_EQ(error.error_number, code);
            EXPECT_FALSE(error.cause.empty());
            lines.push_back(to_line(error));
        }
    std::ranges::sort(lines);
    EXPECT_EQ(std::ranges::adjacent_find(lines), lines.end());
    EXPECT_EQ(cgroup_error(CgroupOperation::create, EROFS, "/c").kind, ErrorKind::denied);
    EXPECT_EQ(to_line(cgroup_error(CgroupOperation::enable, EBUSY, "/c/cgroup.subtree_control")),
              "cannot enable controllers through /c/cgroup.subtree_control: processes are still in the cgroup itself "
              "(no-internal-process rule) (start from a cgroup that holds only your own processes)");
}

} // namespace
} // namespace dbgscope
