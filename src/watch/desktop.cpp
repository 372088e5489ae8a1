// SPDX-License-Identifier: Apache-2.0
#include "watch/desktop.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "sys/spawn.hpp"
#include "watch/tool_process.hpp"

namespace dbgscope {
std::string session_bus()
{
    if (const char *address = std::getenv("DBUS_SESSION_BUS_ADDRESS"); address != nullptr && *address != '\0')
        return address; // NOLINT(concurrency-mt-unsafe): one thread
    std::string usual = "/run/user/" + std::to_string(::getuid()) + "/bus";
    return ::access(usual.c_str(), W_OK) == 0 ? usual : "";
}

bool Desktop::wanted()
{
    if (when_ == DesktopNotice::automatic)
        when_ = ::isatty(STDERR_FILENO) == 1 || session_bus().empty() ? DesktopNotice::off : DesktopNotice::on;
    return when_ == DesktopNotice::on;
}

/// With our environment, in which the bus is named. No output: clients wait for the end of the debugger's.
void Desktop::start()
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return;
    const UniqueFd from(ends[0]);
    last_.reset();
    pipe_.reset(ends[1]);
    (void)start_tool(
        {.words = {std::string(kDesktopVerb), session_}, .input = from.get(), .environment = own_environment()});
}

bool Desktop::write(std::string_view kind, std::string_view text) const
{
    const std::string line = std::string(kind) + (text.empty() ? "" : " ") + std::string(text) + '\n';
    return pipe_.valid() && ::write(pipe_.get(), line.data(), line.size()) > 0; // SIGPIPE is ignored
}

void Desktop::show(std::string_view kind, std::string_view text)
{
    if (!wanted() || write(kind, text))
        return;
    start(); // the first, or a person has answered the one before
    (void)write(kind, text);
}

void Desktop::killed(std::string_view line)
{
    show(kDesktopKilled, line);
    pipe_.reset();
}

void Desktop::released()
{
    (void)write(kDesktopReleased, "");
    last_ = std::move(pipe_);
}

} // namespace dbgscope
