// SPDX-License-Identifier: Apache-2.0
// Launch time of the systemd backend alone: a scope of 512 MiB by our own code, then exec of what follows.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "launch/scope.hpp"

int main(int argc, char **argv)
{
    if (argc < 2)
        return 125;
    const pid_t self = ::getpid();
    dbgscope::CreateScope scope;
    scope.unit = "scope-only-" + std::to_string(self) + ".scope";
    scope.socket = "/run/systemd/private";
    scope.properties = {{"MemoryMax", std::uint64_t{512} << 20U, false, true}};
    auto call = dbgscope::ScopeCall::start(scope, std::span(&self, 1));
    const auto made = call ? call->wait() : dbgscope::Result<dbgscope::ScopeResult>(dbgscope::pass(call));
    if (!made) {
        std::fprintf(stderr, "%s\n", dbgscope::to_line(made.error()).c_str());
        return 125;
    }
    ::execvp(argv[1], argv + 1);
    return 127;
}
