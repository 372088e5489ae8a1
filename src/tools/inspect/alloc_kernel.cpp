// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/alloc_kernel.hpp" // before the skeleton, which has its types

#include <alloc_watch.skel.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/core.h>

namespace dbgscope {
namespace {

constexpr const char *kBtf = "/sys/kernel/btf/vmlinux";
constexpr std::uint64_t kNsPerUs = 1000;

struct CloseSkeleton {
    void operator()(alloc_watch_bpf *skeleton) const { alloc_watch_bpf::destroy(skeleton); }
};
using Skeleton = std::unique_ptr<alloc_watch_bpf, CloseSkeleton>;

int say_nothing(libbpf_print_level /*level*/, const char * /*format*/, va_list /*arguments*/)
{
    return 0;
}

/// Before Linux 6.8, and what took that change over, it had a pid for an argument, of which nothing more can be known.
bool victims_have_a_task()
{
    btf *const types = ::btf__load_vmlinux_btf();
    if (types == nullptr)
        return false;
    bool task = false;
    const int name = ::btf__find_by_name_kind(types, "btf_trace_mark_victim", BTF_KIND_TYPEDEF);
    const btf_type *type = name > 0 ? ::btf__type_by_id(types, static_cast<__u32>(name)) : nullptr;
    if (type != nullptr && (type = ::btf__type_by_id(types, type->type)) != nullptr && ::btf_is_ptr(type))
        type = ::btf__type_by_id(types, type->type);
    if (type != nullptr && ::btf_is_func_proto(type) && ::btf_vlen(type) > 1) {
        const btf_type *const second = ::btf__type_by_id(types, ::btf_params(type)[1].type); // the first is the probe's
        task = second != nullptr && ::btf_is_ptr(second);
    }
    ::btf__free(types);
    return task;
}

Error error_of(int code)
{
    Error error{.kind = ErrorKind::system,
                .operation = "watch",
                .subject = "allocations",
                .cause = std::string("bpf(2): ") + std::strerror(code)}; // NOLINT(concurrency-mt-unsafe): one thread
    if (::access(kBtf, R_OK) != 0) {
        error.kind = ErrorKind::unsupported;
        error.cause = fmt::format("the kernel does not describe its types: there is no {}", kBtf);
        error.hint = "a kernel with CONFIG_DEBUG_INFO_BTF";
    } else if (code == EPERM || code == EACCES) {
        error.kind = ErrorKind::denied;
        error.cause = "BPF is refused";
        error.hint = "it takes root, or CAP_BPF and CAP_PERFMON, and in a container a seccomp profile that has bpf(2)";
    }
    return error;
}

/// Nothing: errno says why.
Skeleton load(std::uint64_t cgroup, int version, const AllocThresholds &asked)
{
    Skeleton skeleton(alloc_watch_bpf::open());
    if (!skeleton)
        return skeleton;
    auto &constants = *skeleton->rodata;
    constants.watched_cgroup = cgroup;
    constants.hierarchy = static_cast<__u32>(version);
    constants.page_bytes = static_cast<__u64>(::sysconf(_SC_PAGESIZE));
    constants.large_mapping_bytes = asked.large_mapping_bytes;
    constants.long_stall_ns = static_cast<__u64>(asked.reclaim_stall_us) * kNsPerUs;
    const auto &programs = skeleton->progs;
    for (const auto &[program, wanted] :
         {std::pair{programs.mapping, asked.large_mapping_bytes != 0},
          std::pair{programs.reclaim_begin, asked.reclaim_stall_us != 0},
          std::pair{programs.reclaim_end, asked.reclaim_stall_us != 0}, std::pair{programs.victim, asked.oom_victims}})
        (void)::bpf_program__set_autoload(program, wanted);
    int failed = alloc_watch_bpf::load(skeleton.get());
    if (failed == 0)
        failed = alloc_watch_bpf::attach(skeleton.get());
    if (failed != 0)
        skeleton.reset();
    errno = -failed;
    return skeleton;
}

int keep_event(void *events, void *data, std::size_t bytes)
{
    alloc_event event{};
    if (bytes >= sizeof event) {
        std::memcpy(&event, data, sizeof event);
        static_cast<std::vector<alloc_event> *>(events)->push_back(event);
    }
    return 0;
}

} // namespace

struct AllocKernel::State {
    Skeleton skeleton;
    std::vector<alloc_event> events;
    ring_buffer *ring = nullptr;
};

void AllocKernel::Close::operator()(State *state) const
{
    ::ring_buffer__free(state->ring);
    delete state; // NOLINT(cppcoreguidelines-owning-memory): the deleter
}

Result<AllocKernel> AllocKernel::open(std::uint64_t cgroup, int version, const AllocThresholds &asked,
                                      std::vector<std::string> &left_out)
{
    ::libbpf_set_print(say_nothing);
    AllocThresholds wanted = asked;
    wanted.kernel_memory_bytes = 0;
    if (wanted.oom_victims && ::access(kBtf, R_OK) == 0 && !victims_have_a_task()) {
        wanted.oom_victims = false;
        left_out.emplace_back("victims of the OOM killer are told when they have ended: this kernel's tracepoint does "
                              "not say more (Linux 6.8 does)");
    }
    auto skeleton = load(cgroup, version, wanted);
    int code = errno;
    if (!skeleton && wanted.large_mapping_bytes != 0) {
        // Functions of the kernel are not open to programs everywhere; its tracepoints are.
        const std::uint64_t bytes = std::exchange(wanted.large_mapping_bytes, 0);
        skeleton = load(cgroup, version, wanted);
        if (skeleton && bytes != 0)
            left_out.emplace_back(fmt::format("large mappings are not seen: this kernel takes no program at a function "
                                              "(fentry: {})",
                                              std::strerror(code))); // NOLINT(concurrency-mt-unsafe): one thread
        else
            code = errno;
    }
    if (!skeleton)
        return fail(error_of(code));
    AllocKernel kernel(new State{.skeleton = std::move(skeleton), .events = {}}); // NOLINT: its deleter is ours
    State &state = *kernel.state_;
    state.ring = ::ring_buffer__new(::bpf_map__fd(state.skeleton->maps.events), keep_event, &state.events, nullptr);
    if (state.ring == nullptr)
        return fail(error_of(errno));
    return kernel;
}

int AllocKernel::fd() const
{
    return ::ring_buffer__epoll_fd(state_->ring);
}

std::vector<alloc_event> AllocKernel::take()
{
    (void)::ring_buffer__consume(state_->ring);
    return std::exchange(state_->events, {});
}

alloc_totals AllocKernel::totals() const
{
    return state_->skeleton->bss->totals;
}

} // namespace dbgscope
