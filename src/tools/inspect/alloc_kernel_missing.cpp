// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/alloc_kernel.hpp"

// In place of alloc_kernel.cpp where clang, bpftool or libbpf were not there (-Dbpf=disabled).
namespace dbgscope {

struct AllocKernel::State {};

void AllocKernel::Close::operator()(State *state) const
{
    delete state; // NOLINT(cppcoreguidelines-owning-memory): the deleter
}

Result<AllocKernel> AllocKernel::open(std::uint64_t /*cgroup*/, int /*version*/, const AllocThresholds & /*asked*/,
                                      std::vector<std::string> & /*left_out*/)
{
    return fail({.kind = ErrorKind::unsupported,
                 .operation = "watch",
                 .subject = "allocations",
                 .cause = "this dbgscope was built without BPF",
                 .hint = "a build with clang, bpftool and libbpf (-Dbpf=enabled)"});
}

int AllocKernel::fd() const
{
    return -1;
}

std::vector<alloc_event> AllocKernel::take()
{
    return {};
}

alloc_totals AllocKernel::totals() const
{
    return {};
}

} // namespace dbgscope
