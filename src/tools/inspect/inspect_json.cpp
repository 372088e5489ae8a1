// SPDX-License-Identifier: Apache-2.0
#include "tools/inspect/inspect_json.hpp"

#include "dbgscope/utf8.hpp"

namespace dbgscope {

Json frame_json(const Frame &frame)
{
    return {{"function", escape_bytes(frame.function)}, {"file", escape_bytes(frame.file)}, {"line", frame.line}};
}

Json frames_json(const std::vector<Frame> &frames)
{
    Json list = Json::array();
    for (const Frame &frame : frames)
        list.push_back(frame_json(frame));
    return list;
}

namespace {

template <class T> void put(Json &object, const char *name, const std::optional<T> &value)
{
    if (value)
        object[name] = *value;
}

Json gc_object(const GoGc &gc)
{
    Json object = Json::object();
    put(object, "heap_live_bytes", gc.heap_live_bytes);
    put(object, "heap_marked_bytes", gc.heap_marked_bytes);
    put(object, "goal_bytes", gc.goal_bytes);
    put(object, "memory_limit_bytes", gc.memory_limit_bytes);
    put(object, "percent", gc.percent);
    put(object, "mapped_bytes", gc.mapped_bytes);
    put(object, "cycles", gc.cycles);
    put(object, "forced_cycles", gc.forced_cycles);
    put(object, "pause_total_ns", gc.pause_total_ns);
    put(object, "longest_pause_ns", gc.longest_pause_ns);
    put(object, "cpu_fraction", gc.cpu_fraction);
    put(object, "phase", gc.phase);
    put(object, "max_procs", gc.max_procs);
    return object;
}

Json site_json(const HeapSite &site)
{
    Json object = frame_json(site.frame);
    object["live_bytes"] = whole(site.live.bytes);
    object["live_objects"] = whole(site.live.objects);
    object["recent_bytes"] = whole(site.recent.bytes);
    object["recent_objects"] = whole(site.recent.objects);
    object["share"] = site.share;
    object["callers"] = frames_json(site.callers);
    return object;
}

Json group_json(const GoroutineGroup &group)
{
    Json object{{"count", group.ids.size()},
                {"state", state_name(group.state)},
                {"of_runtime", group.of_runtime},
                {"start", frame_json(group.start)},
                {"stack", frames_json(group.stack)},
                {"stack_cut", group.stack_cut},
                {"ids", group.ids}};
    if (!group.reason.empty())
        object["reason"] = group.reason;
    if (!group.created_by.function.empty())
        object["created_by"] = frame_json(group.created_by);
    put(object, "wait_ns", group.longest_wait_ns);
    return object;
}

std::string dumped(const Json &value)
{
    return value.dump({.ascii = true}) + '\n';
}

} // namespace

std::string heap_json(const HeapView &view)
{
    Json object{{"schema", 1},
                {"program", escape_bytes(view.program)},
                {"go_version", view.go_version},
                {"sample_bytes", view.heap.rate},
                {"gc", gc_object(view.gc)},
                {"live_bytes", whole(view.live.bytes)},
                {"recent_bytes", whole(view.recent.bytes)},
                {"ranked_by", view.with_recent ? "live_and_recent" : "live"},
                {"torn", view.heap.torn},
                {"cut_short", view.heap.cut_short}};
    if (view.pid != 0)
        object["pid"] = view.pid;
    put(object, "anonymous_bytes", view.anonymous_bytes);
    Json &sites = object["sites"] = Json::array();
    for (const HeapSite &site : view.sites)
        sites.push_back(site_json(site));
    return dumped(object);
}

std::string gc_json(const GoGc &gc)
{
    return dumped(gc_object(gc));
}

std::string goroutines_json(const GoroutineView &view)
{
    Json object{{"schema", 1},
                {"program", escape_bytes(view.program)},
                {"go_version", view.go_version},
                {"unreadable", view.raw.unreadable},
                {"cut_short", view.raw.cut_short}};
    if (view.pid != 0)
        object["pid"] = view.pid;
    Json &groups = object["groups"] = Json::array();
    for (const GoroutineGroup &group : view.groups)
        groups.push_back(group_json(group));
    return dumped(object);
}

} // namespace dbgscope
