// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace dbgscope {

/// A directory of its own for one test, removed at its end.
class TempTree {
  public:
    TempTree()
    {
        std::string name = (std::filesystem::temp_directory_path() / "dbgscope-test-XXXXXX").string();
        root_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
    }
    TempTree(const TempTree &) = delete;
    TempTree &operator=(const TempTree &) = delete;
    ~TempTree()
    {
        std::error_code ignored;
        if (!root_.empty())
            std::filesystem::remove_all(root_, ignored);
    }

    [[nodiscard]] const std::string &root() const { return root_; }

    /// Writes `text` to `name` below the root, with the directories on the way; returns its path.
    std::string write(const std::string &name, const std::string &text) const
    {
        const std::filesystem::path path = std::filesystem::path(root_) / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
        return path.string();
    }

  private:
    std::string root_;
};

} // namespace dbgscope
