// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probe/sys_root.hpp"

namespace dbgscope::test {

/// A tree in a temporary directory that stands for a machine's /proc, /sys and /run. Removed with the object.
///     FakeRoot root;
///     root.file("/proc/self/cgroup", "0::/a.slice\n").dir("/run/systemd/system");
class FakeRoot {
  public:
    FakeRoot()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "dbgscope-test-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("mkdtemp " + pattern);
        path_ = pattern;
        chmod("/", 0755); // readable after AsOrdinaryUser
    }
    FakeRoot(const FakeRoot &) = delete;
    FakeRoot &operator=(const FakeRoot &) = delete;
    ~FakeRoot()
    {
        namespace fs = std::filesystem;
        std::error_code ignored;
        for (fs::recursive_directory_iterator entry(path_, ignored), end; entry != end; entry.increment(ignored))
            if (entry->is_directory(ignored) && !entry->is_symlink(ignored))
                fs::permissions(entry->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
        fs::remove_all(path_, ignored);
    }

    /// Writes a file; directories above it are made. Empty directories below 0555 are for chmod afterwards.
    FakeRoot &file(const std::string &path, std::string_view text, ::mode_t mode = 0644)
    {
        const auto full = path_ + path;
        std::filesystem::create_directories(std::filesystem::path(full).parent_path());
        std::ofstream out(full, std::ios::binary | std::ios::trunc);
        out << text;
        out.close();
        if (!out)
            throw std::runtime_error("write " + full);
        return chmod(path, mode);
    }
    FakeRoot &dir(const std::string &path, ::mode_t mode = 0755)
    {
        std::filesystem::create_directories(path_ + path);
        return chmod(path, mode);
    }
    /// Does not deny root: see AsOrdinaryUser.
    FakeRoot &chmod(const std::string &path, ::mode_t mode)
    {
        if (::chmod((path_ + path).c_str(), mode) != 0)
            throw std::runtime_error("chmod " + path_ + path);
        return *this;
    }
    FakeRoot &remove(const std::string &path)
    {
        std::filesystem::remove_all(path_ + path);
        return *this;
    }

    [[nodiscard]] const std::string &path() const { return path_; }
    [[nodiscard]] SysRoot sys_root(std::uint32_t uid = 0,
                                   std::vector<std::pair<std::string, std::string>> environment = {}) const
    {
        return {.root = path_, .uid = uid, .gid = uid, .environment = std::move(environment), .terminal = false};
    }

  private:
    std::string path_;
};

/// While it lives, a test that runs as root has an ordinary user's permissions (effective uid 65534): modes count.
class AsOrdinaryUser {
  public:
    explicit AsOrdinaryUser(bool wanted = true) : was_root_(wanted && ::geteuid() == 0)
    {
        if (was_root_ && ::seteuid(65534) != 0)
            throw std::runtime_error("seteuid 65534");
    }
    AsOrdinaryUser(const AsOrdinaryUser &) = delete;
    AsOrdinaryUser &operator=(const AsOrdinaryUser &) = delete;
    ~AsOrdinaryUser()
    {
        if (was_root_ && ::seteuid(0) != 0)
            std::abort();
    }

  private:
    bool was_root_;
};

} // namespace dbgscope::test
