// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/cgroup_json.hpp"

#include <fcntl.h>

#include <string_view>

#include "dbgscope/utf8.hpp"
#include "kernel/cgroup.hpp"
#include "kernel/own_cgroup.hpp"
#include "kernel/parse.hpp"
#include "kernel/process.hpp"
#include "sys/file.hpp"
#include "text/json.hpp"

namespace dbgscope {
namespace {

struct Place {
    std::string path;
    int version = 0;
};

/// Where the memory is accounted, if its hierarchy is mounted at the usual place.
Place memory_place(std::string_view cgroups)
{
    const OwnCgroups its = parse_self_cgroup(cgroups);
    if (its.memory_v1)
        return {"/sys/fs/cgroup/memory" + std::string(*its.memory_v1), 1};
    return its.unified ? Place{"/sys/fs/cgroup" + std::string(*its.unified), 2} : Place();
}

Json limit_json(const Result<Limit> &limit)
{
    if (!limit)
        return nullptr;
    return limit->finite() ? Json(limit->bytes()) : Json("infinity");
}

Json lines_json(const Result<std::string> &text)
{
    if (!text)
        return nullptr;
    Json object = Json::object();
    std::string_view left = *text;
    while (!left.empty())
        if (const auto line = parse_key_value(next_line(left)))
            object[line->key] = line->value;
    return object;
}

} // namespace

std::string_view standstill_by_cgroup(pid_t pid)
{
    const auto cgroups = cgroups_of(pid);
    const Place place = cgroups ? memory_place(*cgroups) : Place();
    const auto directory = place.version != 0 ? open_directory(place.path) : Result<UniqueFd>(UniqueFd());
    if (!directory || !directory->valid())
        return {};
    const Cgroup cgroup(directory->get(), place.version);
    if (place.version == 2)
        return cgroup.frozen() ? "while its cgroup was frozen: all of one instant" : "";
    const auto control = cgroup.read(CgroupFile::oom_control);
    return control && count_of(*control, "under_oom") == 1 ? "while what allocates waited at the limit" : "";
}

Result<std::string> cgroup_json(pid_t pid)
{
    auto cgroups = cgroups_of(pid);
    if (!cgroups)
        return pass(cgroups);
    const Place place = memory_place(*cgroups);
    const auto directory = open_directory(place.path);
    if (place.version == 0 || !directory)
        return fail({.kind = ErrorKind::not_found,
                     .operation = "find",
                     .subject = "its memory cgroup",
                     .cause = "it is not visible here"});
    const Cgroup cgroup(directory->get(), place.version);
    Json object{{"path", escape_bytes(place.path)}, {"version", place.version}};
    const auto put = [&](const char *name, const Result<std::uint64_t> &bytes) {
        object[name] = bytes ? Json(*bytes) : Json();
    };
    put("current_bytes", cgroup.read_number(CgroupFile::usage));
    put("peak_bytes", cgroup.read_number(CgroupFile::peak));
    object["max_bytes"] = limit_json(cgroup.read_limit(CgroupFile::limit));
    object["high_bytes"] = limit_json(cgroup.read_limit(CgroupFile::high));
    object["stat"] = lines_json(cgroup.read(CgroupFile::stat));
    object["events"] = lines_json(cgroup.read(CgroupFile::events));
    const auto pressure = cgroup.read(CgroupFile::pressure);
    object["pressure"] = pressure ? Json(*pressure) : Json();
    return object.dump() + '\n';
}

} // namespace dbgscope
