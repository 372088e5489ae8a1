// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "probe/probe.hpp"

// How long probing takes on this machine. As root, `probe_bench N` first enters N nested cgroups of its own below its
// memory cgroup (v1 or v2 as found), measures there and removes them. Prints milliseconds: median, and the 5th and 95th
// percentile of ROUNDS probes.
namespace {

using namespace dbgscope; // NOLINT: one file, one purpose
constexpr int kRounds = 400;

struct Timing {
    double low, median, high;
};

Timing measure(const SysRoot &root, Needs needs)
{
    std::vector<double> times;
    times.reserve(kRounds);
    for (int i = 0; i < kRounds; ++i) {
        const auto start = std::chrono::steady_clock::now();
        const Facts facts = probe(root, needs, {});
        const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
        if (facts.host.uid != root.uid)
            std::abort(); // keeps `facts` in use
        times.push_back(spent.count());
    }
    std::ranges::sort(times);
    return {times[kRounds / 20], times[kRounds / 2], times[kRounds - kRounds / 20]};
}

bool enter(const std::string &directory)
{
    std::FILE *const procs = std::fopen((directory + "/cgroup.procs").c_str(), "we");
    if (procs == nullptr)
        return false;
    const bool written = std::fputs("0", procs) >= 0;
    return std::fclose(procs) == 0 && written;
}

/// Nested cgroups below `home`; we are in the innermost one while it lives.
class Nest {
  public:
    Nest(std::string home, int levels) : home_(std::move(home))
    {
        std::string directory = home_;
        for (int i = 0; i < levels; ++i) {
            directory += i == 0 ? "/dbgscope-test-probe-" + std::to_string(::getpid()) : "/level-" + std::to_string(i);
            if (::mkdir(directory.c_str(), 0755) != 0) {
                std::perror(directory.c_str());
                break;
            }
            made_.push_back(directory);
        }
        entered_ = !made_.empty() && enter(made_.back());
    }
    Nest(const Nest &) = delete;
    Nest &operator=(const Nest &) = delete;
    ~Nest()
    {
        (void)enter(home_);
        for (auto directory = made_.rbegin(); directory != made_.rend(); ++directory)
            (void)::rmdir(directory->c_str());
    }
    [[nodiscard]] bool entered() const { return entered_; }

  private:
    std::string home_;
    std::vector<std::string> made_;
    bool entered_ = false;
};

void report(const SysRoot &root)
{
    struct Row {
        const char *name;
        Needs needs;
    };
    const Needs launch = Need::cgroup | Need::memory | Need::systemd | Need::host;
    const std::array rows{Row{"launch (cgroup memory systemd host)", launch},
                          Row{"launch + pressure", launch | Need::pressure},
                          Row{"cgroup with every detail", Need::cgroup | Need::chain_detail},
                          Row{"all but the systemd version", kAllNeeds & ~static_cast<Needs>(Need::systemd_version)}};
    const Facts facts = probe(root, Needs{0} | Need::cgroup, {});
    std::printf("%zu visible levels, memory on cgroup v%d\n", facts.cgroup.memory.chain.size(),
                facts.cgroup.memory.version);
    for (const Row &row : rows) {
        const Timing timing = measure(root, row.needs);
        std::printf("  %-38s %7.3f ms  [%.3f, %.3f]\n", row.name, timing.median, timing.low, timing.high);
    }
}

} // namespace

int main(int count, char **arguments)
{
    const SysRoot root = real_root();
    report(root);
    if (const int levels = count > 1 ? std::atoi(arguments[1]) : 0; levels > 0) {
        const Facts facts = probe(root, Needs{0} | Need::cgroup, {});
        if (facts.cgroup.memory.chain.empty() || !facts.cgroup.delegation.can_create) {
            std::printf("no cgroups of our own here: %s\n", facts.cgroup.delegation.detail.c_str());
            return 77;
        }
        const Nest nest(facts.cgroup.memory.chain.back().dir, levels);
        if (!nest.entered()) {
            std::printf("cannot enter the nested cgroups\n");
            return 77;
        }
        report(root);
    }
    rusage usage{};
    (void)::getrusage(RUSAGE_SELF, &usage);
    std::printf("most memory in use: %ld KiB\n", usage.ru_maxrss);
    return 0;
}
