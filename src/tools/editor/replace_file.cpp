// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/replace_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "sys/file.hpp"

namespace dbgscope {
namespace {

std::unexpected<Error> refuse(ErrorKind kind, const std::string &path, std::string cause, std::string hint = {})
{
    return fail(
        {.kind = kind, .operation = "change", .subject = path, .cause = std::move(cause), .hint = std::move(hint)});
}

std::unexpected<Error> failed(const char *operation, const std::string &path)
{
    return fail(errno_error(errno, operation, path));
}

/// Removes the new file again unless it got its place.
class NewFile {
  public:
    explicit NewFile(std::string path) : path_(std::move(path)) {}
    NewFile(const NewFile &) = delete;
    NewFile &operator=(const NewFile &) = delete;
    ~NewFile()
    {
        if (!path_.empty())
            (void)::unlink(path_.c_str());
    }
    void keep() { path_.clear(); }

  private:
    std::string path_;
};

/// The mode, and the owner where it is another.
Result<void> take_over(int fd, const std::string &path)
{
    struct stat old = {};
    struct stat fresh = {};
    if (::stat(path.c_str(), &old) != 0 || ::fstat(fd, &fresh) != 0)
        return failed("change", path);
    if (old.st_nlink > 1)
        return refuse(ErrorKind::config, path, "it has other names (hard links), which would keep the old text",
                      "change it by hand");
    const bool same_owner = old.st_uid == fresh.st_uid && old.st_gid == fresh.st_gid;
    if (!same_owner && ::fchown(fd, old.st_uid, old.st_gid) != 0)
        return refuse(ErrorKind::denied, path, "it belongs to another user, and would change hands",
                      "run this as its owner");
    if (::fchmod(fd, old.st_mode & 07777) != 0)
        return failed("change", path);
    return {};
}

Result<void> check_unchanged(const FileSnapshot &snapshot)
{
    const auto now = take_snapshot(snapshot.path);
    if (!now)
        return fail(now.error());
    if (now->exists != snapshot.exists || now->text != snapshot.text || now->path != snapshot.path)
        return refuse(ErrorKind::refused, snapshot.path, "it has changed meanwhile", "look at the difference again");
    return {};
}

/// "a/b" and then what is still to be walked: the words of a path, without empty ones and ".".
void push_words(std::vector<std::string> &rest, const std::string &path)
{
    std::vector<std::string> words;
    for (const std::filesystem::path &word : std::filesystem::path(path))
        if (!word.empty() && word != "." && word != "/")
            words.push_back(word.string());
    rest.insert(rest.end(), words.rbegin(), words.rend());
}

} // namespace

Result<void> check_links(const std::string &path)
{
    constexpr int kMaxLinks = 40; // as the kernel
    std::error_code code;
    std::filesystem::path at = path.starts_with('/') ? "/" : std::filesystem::current_path(code);
    std::vector<std::string> rest; // the next word is the last one
    push_words(rest, path);
    for (int links = 0; !rest.empty() && links <= kMaxLinks;) {
        const std::filesystem::path next = at / rest.back();
        rest.pop_back();
        struct stat status = {};
        if (::lstat(next.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) {
            at = next;
            continue;
        }
        if (status.st_uid != 0 && status.st_uid != ::geteuid()) {
            const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
            return refuse(ErrorKind::denied, real ? real.get() : path,
                          next.string() + " is a symbolic link of user " + std::to_string(status.st_uid) +
                              ", neither you nor root",
                          "run this as that user, or name the folder it leads to");
        }
        ++links;
        const std::string target = read_link(next.string());
        if (target.starts_with('/'))
            at = "/";
        push_words(rest, target);
    }
    return {};
}

Result<FileSnapshot> take_snapshot(const std::string &path)
{
    FileSnapshot snapshot{path, {}, false};
    struct stat status = {};
    if (::stat(path.c_str(), &status) != 0) {
        if (errno != ENOENT)
            return failed("read", path);
        if (::lstat(path.c_str(), &status) == 0)
            return refuse(ErrorKind::config, path, "it is a symbolic link to a file that does not exist");
        return snapshot;
    }
    if (!S_ISREG(status.st_mode))
        return refuse(ErrorKind::config, path, "it is no regular file");
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
    if (!real)
        return failed("read", path);
    auto text = read_file(path);
    if (!text)
        return pass(text);
    return FileSnapshot{real.get(), std::move(*text), true};
}

Result<void> replace_file(const FileSnapshot &snapshot, std::string_view text)
{
    if (auto same = check_unchanged(snapshot); !same)
        return same;
    const std::filesystem::path target(snapshot.path);
    std::error_code error;
    std::filesystem::create_directories(target.parent_path(), error); // one that exists is no error
    if (error)
        return fail(errno_error(error.value(), "create", target.parent_path().string()));
    const std::string fresh = snapshot.path + ".dbgscope-" + std::to_string(::getpid());
    auto fd = open_at(AT_FDCWD, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, snapshot.exists ? 0600 : 0666);
    if (!fd)
        return pass(fd);
    NewFile guard(fresh);
    if (snapshot.exists)
        if (auto taken = take_over(fd->get(), snapshot.path); !taken)
            return taken;
    if (auto written = write_all(fd->get(), text, fresh); !written)
        return written;
    if (::fsync(fd->get()) != 0)
        return failed("write", fresh);
    if (auto same = check_unchanged(snapshot); !same)
        return same;
    const unsigned flags = snapshot.exists ? 0U : RENAME_NOREPLACE;
    if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, snapshot.path.c_str(), flags) != 0 &&
        (errno != EINVAL || ::rename(fresh.c_str(), snapshot.path.c_str()) != 0)) // EINVAL: no such flag here
        return failed("change", snapshot.path);
    guard.keep();
    return {};
}

} // namespace dbgscope
