// SPDX-License-Identifier: Apache-2.0
#include "launch/scope_errors.hpp"

#include <array>
#include <utility>

#include <fmt/core.h>

namespace dbgscope {
namespace {

enum class Hint { none, privilege, exists, busy, restart };

struct NameRow {
    std::string_view name;
    ErrorKind kind;
    std::string_view cause; ///< empty: the manager's own sentence
    Hint hint;
};

constexpr std::string_view kNotAllowed = "the manager does not allow it";
constexpr std::string_view kNeedsPassword = "the manager wants a password and there is nobody to ask for it";
constexpr std::string_view kDropped = "the manager closed the connection before it answered";
constexpr std::string_view kExists = "a unit of that name is active, or has a unit file";
constexpr std::string_view kShutdown = "the manager is shutting down";

constexpr std::array<NameRow, 13> kNames{{
    {"org.freedesktop.DBus.Error.AccessDenied", ErrorKind::denied, kNotAllowed, Hint::privilege},
    {"org.freedesktop.DBus.Error.AuthFailed", ErrorKind::denied, kNotAllowed, Hint::privilege},
    {"org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", ErrorKind::denied, kNeedsPassword, Hint::privilege},
    {"org.freedesktop.DBus.Error.NoReply", ErrorKind::system, kDropped, Hint::restart},
    {"org.freedesktop.DBus.Error.Disconnected", ErrorKind::system, kDropped, Hint::restart},
    {"org.freedesktop.DBus.Error.ServiceUnknown", ErrorKind::unsupported, "no systemd is on that bus", Hint::none},
    {"org.freedesktop.DBus.Error.PropertyReadOnly", ErrorKind::unsupported, {}, Hint::none},
    {"org.freedesktop.DBus.Error.UnknownProperty", ErrorKind::unsupported, {}, Hint::none},
    {"org.freedesktop.DBus.Error.UnknownMethod", ErrorKind::unsupported, "it is too old for that", Hint::none},
    {"org.freedesktop.DBus.Error.LimitsExceeded", ErrorKind::refused, {}, Hint::busy},
    {"org.freedesktop.systemd1.UnitExists", ErrorKind::refused, kExists, Hint::exists},
    {"org.freedesktop.systemd1.NoSuchUnit", ErrorKind::not_found, "no unit of that name is loaded", Hint::none},
    {"org.freedesktop.systemd1.ShuttingDown", ErrorKind::refused, kShutdown, Hint::none},
}};

const char *user_flag(const ManagerRequest &request)
{
    return request.user_manager ? " --user" : "";
}

std::string hint_text(Hint hint, const ManagerRequest &request)
{
    switch (hint) {
    case Hint::none: return {};
    case Hint::privilege:
        return request.user_manager ? "run it as the user whose manager this is, not with sudo"
                                    : "use --user for your own manager, or run it with sudo";
    case Hint::exists:
        return fmt::format("see systemctl{0} status {1}; stop that unit or choose another name with --unit",
                           user_flag(request), request.unit);
    case Hint::busy: return fmt::format("see systemctl{} list-units --type=scope", user_flag(request));
    case Hint::restart:
        return fmt::format("try again; if it stays so, see journalctl{}",
                           request.user_manager ? " --user -u init.scope" : " -b _PID=1");
    }
    return {};
}

struct ResultRow {
    std::string_view result, cause;
};
constexpr std::array<ResultRow, 12> kResults{{
    {"canceled", "the job was cancelled before it ran: somebody stopped the unit, or another job replaced it"},
    {"timeout", "the manager gave up waiting for the job"},
    {"dependency", "a unit it depends on failed"},
    {"failed", "the manager could not move the processes into the scope"},
    {"skipped", "the manager skipped the job: it does not apply to this unit"},
    {"invalid", "the manager found the job to be invalid"},
    {"assert", "an assertion of the unit did not hold"},
    {"unsupported", "the manager does not support scopes"},
    {"collected", "the unit was removed before the job ran"},
    {"once", "the unit was started once already and may be started only once"},
    {"frozen", "the unit, or the slice above it, is frozen"},
    {"concurrency", "the slice has reached its limit of active units"},
}};

} // namespace

Error manager_error(const ManagerRequest &request, std::string name, std::string text)
{
    Error error{.kind = ErrorKind::refused,
                .operation = request.operation,
                .subject = request.unit,
                .cause = text.empty() ? name : std::move(text)};
    for (const NameRow &row : kNames)
        if (row.name == name) {
            error.kind = row.kind;
            if (!row.cause.empty())
                error.cause = row.cause;
            error.hint = hint_text(row.hint, request);
        }
    error.bus_name = std::move(name);
    return error;
}

Error job_error(const ManagerRequest &request, std::string_view result)
{
    Error error{.kind = result == "timeout" ? ErrorKind::timeout : ErrorKind::system,
                .operation = request.operation,
                .subject = request.unit,
                .cause = fmt::format("its job ended with \"{}\"", result),
                .hint = fmt::format("see journalctl{} -u {}", user_flag(request), request.unit)};
    for (const ResultRow &row : kResults)
        if (row.result == result)
            error.cause = row.cause;
    // A user manager may not move a process out of a login session; it asks PID 1 to, over the system bus.
    if (result == "failed" && request.user_manager)
        error.hint += "; a user manager needs the system bus (dbus) for this";
    return error;
}

Error condition_error(const ManagerRequest &request)
{
    return {.kind = ErrorKind::system,
            .operation = request.operation,
            .subject = request.unit,
            .cause = "a condition of the unit does not hold (-p Condition...)"};
}

Error failed_error(const ManagerRequest &request, std::string_view unit_result)
{
    constexpr std::array<ResultRow, 4> kUnitResults{{
        {"resources", "the manager could not move the processes into the scope"},
        {"oom-kill", "a process in it was killed for memory at once: its limit is below what is in use already"},
        {"timeout", "the scope was over at once (RuntimeMaxSec=)"},
        {"exit-code", "a process in it failed at once"},
    }};
    Error error = job_error(request, "failed");
    if (unit_result.empty() || unit_result == "success")
        return error;
    error.cause = fmt::format("the unit failed with the result \"{}\"", unit_result);
    for (const ResultRow &row : kUnitResults)
        if (row.result == unit_result)
            error.cause = fmt::format("{} (result: {})", row.cause, unit_result);
    return error;
}

bool is_unknown_property(std::string_view error_name)
{
    // 252: "PropertyReadOnly: Cannot set property X, or unknown property."
    return error_name == "org.freedesktop.DBus.Error.PropertyReadOnly" ||
           error_name == "org.freedesktop.DBus.Error.UnknownProperty";
}

bool is_unit_exists(std::string_view error_name)
{
    return error_name == "org.freedesktop.systemd1.UnitExists";
}

} // namespace dbgscope
