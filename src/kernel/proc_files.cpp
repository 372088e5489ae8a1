// SPDX-License-Identifier: Apache-2.0
#include "kernel/proc_files.hpp"

namespace dbgscope {
namespace {

const char *name_of(ProcessFile file)
{
    switch (file) {
    case ProcessFile::auxiliary: return "/auxv";
    case ProcessFile::cgroup: return "/cgroup";
    case ProcessFile::executable: return "/exe";
    case ProcessFile::maps: return "/maps";
    case ProcessFile::memory: return "/mem";
    case ProcessFile::page_counts: return "/statm";
    case ProcessFile::page_map: return "/pagemap";
    case ProcessFile::root: return "/root";
    case ProcessFile::status: return "/status";
    }
    return "";
}

} // namespace

std::string process_file(pid_t pid, ProcessFile file, const std::string &proc)
{
    return proc + '/' + std::to_string(pid) + name_of(file);
}

} // namespace dbgscope
