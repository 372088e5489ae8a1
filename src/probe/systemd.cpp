// SPDX-License-Identifier: Apache-2.0
#include "probe/systemd.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "kernel/cgroup_files.hpp"
#include "kernel/parse.hpp"
#include "sys/bus.hpp"

namespace dbgscope {
namespace {

/// Where a user manager may listen: $XDG_RUNTIME_DIR, then pam_systemd's own place, which `su`, cron and ssh commands
/// do not put into the environment.
std::vector<std::string> runtime_directories(const SysRoot &root)
{
    std::vector<std::string> found;
    if (const auto variable = root.variable("XDG_RUNTIME_DIR"); variable.starts_with('/'))
        found.emplace_back(variable);
    std::string usual = "/run/user/" + std::to_string(root.uid);
    if (found.empty() || found.front() != usual)
        found.push_back(std::move(usual));
    return found;
}

/// A socket we may connect to: write permission.
Fact<std::string> usable_socket(const Reader &reader, std::string path)
{
    if (const int error = reader.access(path, W_OK); error != 0)
        return Fact<std::string>(why_of(error), path + ": " + std::strerror(error));
    return path;
}

/// Our own user's manager. Root may connect to anybody's, which then refuses root's processes.
Fact<std::string> user_socket(const Reader &reader, const SysRoot &root, const std::string &path)
{
    struct stat status{};
    if (root.uid == 0 && ::stat(reader.real_path(path).c_str(), &status) == 0 && status.st_uid != 0)
        return Fact<std::string>(Why::denied, path + ": belongs to user " + std::to_string(status.st_uid));
    return usable_socket(reader, path);
}

/// The first bus socket that exists; an address given by the environment is taken as it is.
Fact<std::string> find_bus(const Reader &reader, std::string_view address, const std::vector<std::string> &sockets)
{
    if (!address.empty())
        return std::string(address);
    for (const std::string &path : sockets)
        if (reader.access(path, W_OK) == 0)
            return path;
    return Fact<std::string>(Why::absent, sockets.front() + ": " + std::strerror(reader.access(sockets.front(), W_OK)));
}

Fact<std::vector<std::string>> user_controllers(Reader &reader, const SysRoot &root, const CgroupFacts &cgroup)
{
    if (cgroup.unified_mount.empty())
        return std::vector<std::string>{}; // v1: systemd delegates no controller to a user manager
    const std::string uid = std::to_string(root.uid);
    const std::string path = cgroup.unified_mount + "/user.slice/user-" + uid + ".slice/user@" + uid + ".service/" +
                             file_name(CgroupFile::controllers, 2);
    const auto text = reader.read(path.c_str());
    if (!text)
        return unknown(text.error(), path);
    return split_words(*text);
}

/// A property of an object of the manager. Waits two seconds at most.
class Property {
  public:
    static Result<Property> ask(const SystemdFacts &systemd, bool user, const char *path, const char *interface,
                                const char *name)
    {
        constexpr std::chrono::milliseconds kPatience{2000};
        const ManagerFacts &manager = user ? systemd.user : systemd.system;
        auto bus = ManagerBus::connect({.user_manager = user,
                                        .socket = manager.socket.value_or(""),
                                        .bus = manager.bus.value_or(""),
                                        .ask_password = false},
                                       kPatience);
        if (!bus)
            return pass(bus);
        const auto message = bus->call(path, "org.freedesktop.DBus.Properties", "Get");
        if (!message)
            return std::unexpected(message.error());
        for (const char *const argument : {interface, name})
            if (const int r = bus->library().sd_bus_message_append_basic(message->get(), 's', argument); r < 0)
                return fail(errno_error(-r, "ask systemd for", name));
        Property property(std::move(*bus), name);
        if (const auto sent = property.bus_.send(*message, *property.pending_); !sent)
            return std::unexpected(sent.error());
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        if (const auto driven = property.bus_.drive(deadline, [&property] { return property.pending_->answered(); });
            !driven)
            return std::unexpected(driven.error());
        return property;
    }
    /// `type` is the D-Bus type of `value`: "s", "t".
    template <class T> Result<void> read(const char *type, T &value) const
    {
        if (const int r = bus_.library().sd_bus_message_read(pending_->answer.get(), "v", type, &value); r < 0)
            return fail(errno_error(-r, "read systemd's", name_, pending_->error_text()));
        return {};
    }

  private:
    Property(ManagerBus bus, const char *name)
        : bus_(std::move(bus)), name_(name), pending_(std::make_unique<PendingCall>())
    {
    }
    ManagerBus bus_;
    const char *name_;
    std::unique_ptr<PendingCall> pending_; ///< goes before the bus, and stays where it is
};

/// The manager's own Version property: what runs, not what is installed.
Result<std::string> ask_version(const SystemdFacts &systemd, bool user)
{
    const auto property =
        Property::ask(systemd, user, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "Version");
    if (!property)
        return std::unexpected(property.error());
    const char *text = nullptr;
    if (const auto read = property->read("s", text); !read)
        return std::unexpected(read.error());
    return std::string(text);
}

/// sd_bus_path_encode(3).
std::string object_of(std::string_view unit)
{
    std::string path = "/org/freedesktop/systemd1/unit/";
    for (const char c : unit) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        path += letter ? std::string(1, c) : fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
    return path;
}

} // namespace

void probe_systemd(Reader &reader, const SysRoot &root, const CgroupFacts &cgroup, SystemdFacts &systemd)
{
    constexpr const char *kBooted = "/run/systemd/system"; // sd_booted(3)
    const int error = reader.access(kBooted, F_OK);
    systemd.booted = error == 0;
    if (!systemd.booted) {
        const std::string detail = std::string(kBooted) + ": " + std::strerror(error);
        for (ManagerFacts *const manager : {&systemd.system, &systemd.user}) {
            manager->socket = Fact<std::string>(Why::absent, detail);
            manager->bus = Fact<std::string>(Why::absent, detail);
        }
        systemd.user.controllers = Fact<std::vector<std::string>>(Why::absent, detail);
        return;
    }
    constexpr const char *kPrivate = "/run/systemd/private";
    if (root.uid == 0)
        systemd.system.socket = usable_socket(reader, kPrivate);
    else
        systemd.system.socket = Fact<std::string>(Why::denied, std::string(kPrivate) + " is for root");
    systemd.system.bus = find_bus(reader, root.variable("DBUS_SYSTEM_BUS_ADDRESS"), {"/run/dbus/system_bus_socket"});

    std::vector<std::string> buses;
    for (const std::string &directory : runtime_directories(root)) {
        buses.push_back(directory + "/bus");
        if (!systemd.user.socket) {
            auto socket = user_socket(reader, root, directory + "/systemd/private");
            if (socket || systemd.user.socket.why() == Why::not_asked)
                systemd.user.socket = std::move(socket); // of several failures the first is the user's own setting
        }
    }
    systemd.user.bus = find_bus(reader, root.variable("DBUS_SESSION_BUS_ADDRESS"), buses);
    systemd.user.controllers = user_controllers(reader, root, cgroup);
}

Fact<Limit> ask_slice_limit(const SystemdFacts &systemd, bool user_manager, std::string_view slice)
{
    const auto property =
        Property::ask(systemd, user_manager, object_of(slice).c_str(), "org.freedesktop.systemd1.Slice", "MemoryMax");
    std::uint64_t bytes = 0;
    const auto read = property ? property->read("t", bytes) : Result<void>(fail(property.error()));
    if (!read)
        return Fact<Limit>(Why::absent, to_line(read.error()));
    return Limit(bytes);
}

Fact<int> parse_systemd_version(std::string_view text)
{
    int version = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (code != std::errc{} || version <= 0 || end == text.data())
        return malformed("systemd's Version", text);
    return version;
}

void probe_systemd_version(const SysRoot &root, SystemdFacts &systemd)
{
    if (!systemd.booted) {
        systemd.version = Fact<int>(Why::absent, "systemd is not the init system here");
        return;
    }
    if (!root.root.empty()) {
        systemd.version = Fact<int>(Why::not_asked, "not the machine this program runs on");
        return;
    }
    const auto text = ask_version(systemd, root.uid != 0 && (systemd.user.socket || systemd.user.bus));
    systemd.version = text ? parse_systemd_version(*text) : Fact<int>(Why::absent, to_line(text.error()));
}

} // namespace dbgscope
