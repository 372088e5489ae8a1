// SPDX-License-Identifier: Apache-2.0
#include "launch/credentials.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <string_view>

namespace dbgscope {
namespace {

constexpr std::size_t kMaxEntryBytes = 1024 * 1024; ///< a group with thousands of members is large
constexpr int kMaxGroups = 65536;                   ///< NGROUPS_MAX of Linux

/// A whole number that is an id; -1 means "unchanged" to the kernel and is none.
std::optional<std::uint32_t> parse_id(std::string_view text)
{
    std::uint32_t id = 0;
    const char *const last = text.data() + text.size();
    const auto [end, code] = std::from_chars(text.data(), last, id);
    if (text.empty() || code != std::errc{} || end != last || id == std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return id;
}

/// Calls a getXXX_r function with a growing buffer. Null: no such entry. Errors: NSS failed.
template <class Entry, class Call> Result<const Entry *>
look_up(Entry &entry, std::vector<char> &buffer, const char *operation, const std::string &name, Call call)
{
    buffer.resize(4096);
    for (;;) {
        Entry *found = nullptr;
        const int code = call(&entry, buffer.data(), buffer.size(), &found);
        if (code == 0)
            return found;
        if (code == ERANGE && buffer.size() < kMaxEntryBytes) {
            buffer.resize(buffer.size() * 4);
            continue;
        }
        // getpwnam_r(3): these mean "not found" with some name services
        if (code == ENOENT || code == ESRCH || code == EBADF || code == EPERM)
            return nullptr;
        if (code != EINTR)
            return fail(errno_error(code, operation, name));
    }
}

Error no_such(const char *operation, const std::string &name, std::string cause, std::string hint = {})
{
    return {.kind = ErrorKind::usage,
            .operation = operation,
            .subject = name,
            .cause = std::move(cause),
            .hint = std::move(hint)};
}

Result<gid_t> find_group(const std::string &name)
{
    if (const auto id = parse_id(name))
        return *id;
    struct group entry{};
    std::vector<char> buffer;
    auto found =
        look_up(entry, buffer, "find group", name, [&](auto... rest) { return ::getgrnam_r(name.c_str(), rest...); });
    if (!found)
        return pass(found);
    if (*found == nullptr)
        return fail(no_such("find group", name, "there is no such group"));
    return (*found)->gr_gid;
}

std::vector<gid_t> groups_of(const char *user, gid_t primary)
{
    int count = 64;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (::getgrouplist(user, primary, groups.data(), &count) < 0 && count < kMaxGroups)
        groups.resize(static_cast<std::size_t>(count));
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

bool useful_shell(std::string_view shell)
{
    return !shell.empty() && !shell.ends_with("/nologin") && !shell.ends_with("/false");
}

Result<void> fill_from_user(const std::string &name, Account &account)
{
    const auto id = parse_id(name);
    passwd entry{};
    std::vector<char> buffer;
    auto found = look_up(entry, buffer, "find user", name, [&](auto... rest) {
        return id ? ::getpwuid_r(*id, rest...) : ::getpwnam_r(name.c_str(), rest...);
    });
    if (!found)
        return pass(found);
    if (*found == nullptr) {
        if (!id)
            return fail(no_such("find user", name, "there is no such user"));
        if (!account.gid)
            return fail(no_such("find user", name, "it has no passwd entry, so its group is unknown",
                                "give the group too: --gid=GROUP"));
        account.uid = *id;
        account.groups = std::vector<gid_t>{*account.gid};
        return {};
    }
    account.uid = entry.pw_uid;
    if (!account.gid)
        account.gid = entry.pw_gid;
    account.groups = groups_of(entry.pw_name, *account.gid);
    account.environment = {{"LOGNAME", entry.pw_name}, {"USER", entry.pw_name}};
    if (const std::string_view home = entry.pw_dir; !home.empty() && home != "/")
        account.environment.push_back({"HOME", entry.pw_dir});
    if (useful_shell(entry.pw_shell))
        account.environment.push_back({"SHELL", entry.pw_shell});
    return {};
}

/// Real, effective and saved id all equal to `wanted`.
bool user_is(uid_t wanted)
{
    std::array<uid_t, 3> ids{};
    return ::getresuid(&ids[0], &ids[1], &ids[2]) == 0 && ids[0] == wanted && ids[1] == wanted && ids[2] == wanted;
}
bool group_is(gid_t wanted)
{
    std::array<gid_t, 3> ids{};
    return ::getresgid(&ids[0], &ids[1], &ids[2]) == 0 && ids[0] == wanted && ids[1] == wanted && ids[2] == wanted;
}

Error refused(const char *operation, const std::string &subject)
{
    const int code = errno;
    Error error = errno_error(code, operation, subject);
    if (code == EPERM)
        error.hint = "only root may run a command as somebody else";
    else if (code == EINVAL)
        error.cause = "the id does not exist in this user namespace";
    return error;
}

} // namespace

Result<Account> find_account(const SetCredentials &wanted)
{
    Account account;
    if (!wanted.group.empty()) {
        auto gid = find_group(wanted.group);
        if (!gid)
            return pass(gid);
        account.gid = *gid;
    }
    if (!wanted.user.empty())
        if (auto filled = fill_from_user(wanted.user, account); !filled)
            return pass(filled);
    return account;
}

Result<void> become(const Account &account)
{
    const bool same_user = !account.uid || user_is(*account.uid);
    const bool same_group = !account.gid || group_is(*account.gid);
    if (same_user && same_group && (!account.groups || ::geteuid() != 0))
        return {};
    if (account.groups && ::setgroups(account.groups->size(), account.groups->data()) != 0)
        return fail(refused("set supplementary groups of user", std::to_string(*account.uid)));
    if (account.gid && ::setresgid(*account.gid, *account.gid, *account.gid) != 0)
        return fail(refused("change to group", std::to_string(*account.gid)));
    if (account.uid && ::setresuid(*account.uid, *account.uid, *account.uid) != 0)
        return fail(refused("change to user", std::to_string(*account.uid)));
    const bool done = (!account.uid || user_is(*account.uid)) && (!account.gid || group_is(*account.gid));
    // CAP_SETUID can survive where root's was not the id given up (file capabilities, securebits).
    const bool regained = account.uid && *account.uid != 0 && ::setresuid(-1, 0, -1) == 0; // NOLINT: uid_t(-1) = keep
    if (!done || regained)
        return fail({.kind = ErrorKind::system,
                     .operation = "change to user",
                     .subject = account.uid ? std::to_string(*account.uid) : "",
                     .cause = regained ? "root's identity could be taken again" : "the kernel kept other ids",
                     .hint = "the command was not started"});
    return {};
}

} // namespace dbgscope
