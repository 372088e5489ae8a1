// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/jsonc_edit.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace dbgscope {
namespace {

constexpr std::string_view kLineEnds = "\r\n";

std::string_view line_end_of(std::string_view text)
{
    const std::size_t first = text.find_first_of(kLineEnds);
    if (first == std::string_view::npos)
        return "\n";
    return text.substr(first, text.substr(first).starts_with("\r\n") ? 2 : 1);
}

bool has_line_end(std::string_view text)
{
    return text.find_first_of(kLineEnds) != std::string_view::npos;
}

/// The blanks that begin the line of `offset`.
std::string_view indentation_at(std::string_view text, std::size_t offset)
{
    const std::size_t before = offset == 0 ? std::string_view::npos : text.find_last_of(kLineEnds, offset - 1);
    std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (begin == 0 && text.starts_with("\xEF\xBB\xBF"))
        begin = 3;
    const std::string_view line = text.substr(begin, offset - begin);
    return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
}

std::size_t first_byte(const JsonNode &node)
{
    return node.key_end > 0 ? node.key_begin : node.begin;
}

/// Whether nothing but blanks stands before it in its line.
bool begins_line(std::string_view text, const JsonNode &node)
{
    const std::string_view blanks = indentation_at(text, first_byte(node));
    const std::size_t at = first_byte(node) - blanks.size();
    return at > 0 && (text[at - 1] == '\n' || text[at - 1] == '\r');
}

/// One step of indentation: how much deeper the first child that begins a line stands than its parent.
std::optional<std::string> unit_of(std::string_view text, const JsonNode &node)
{
    for (const JsonNode &child : node.children) {
        const std::string_view outer = indentation_at(text, node.end - 1);
        const std::string_view inner = indentation_at(text, first_byte(child));
        if (begins_line(text, child) && inner.size() > outer.size() && inner.starts_with(outer))
            return std::string(inner.substr(outer.size()));
        if (auto deeper = unit_of(text, child))
            return deeper;
    }
    return std::nullopt;
}

struct Layout {
    std::string_view line_end;
    std::string unit;
    bool one_line = false; ///< the text has no line ends: nor shall what is put in
};

Layout layout_of(std::string_view text)
{
    const auto root = parse_jsonc(text, "");
    const bool rooted = root && *root;
    std::optional<std::string> unit = rooted ? unit_of(text, **root) : std::nullopt;
    return {line_end_of(text), unit.value_or("    "),
            rooted && !has_line_end(text.substr((*root)->begin, (*root)->end - (*root)->begin)) &&
                !(*root)->children.empty()};
}

/// Its lines after the first begin with `indentation`; on one line when `layout` says so.
std::string rendered(const Json &value, const Layout &layout, std::string_view indentation)
{
    if (layout.one_line)
        return value.dump();
    const char blank = layout.unit.front();
    const std::string plain = value.dump({.indent = static_cast<int>(layout.unit.size()), .fill = blank});
    std::string out;
    for (const char c : plain)
        if (c == '\n')
            out += fmt::format("{}{}", layout.line_end, indentation);
        else
            out += c;
    return out;
}

/// Where the last thing inside the brackets ends, comments included.
std::size_t content_end(std::string_view text, const JsonNode &container)
{
    std::size_t end = container.children.empty() ? container.begin + 1 : container.children.back().end;
    const std::size_t close = container.end - 1;
    for (std::size_t at = end; at < close;) {
        const char c = text[at];
        if (c == '/')
            at = text[at + 1] == '/' ? std::min(text.find_first_of(kLineEnds, at), close) : text.find("*/", at + 2) + 2;
        else
            ++at;
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            end = at;
    }
    return end;
}

/// The comma behind the last child, if there is one.
bool has_trailing_comma(std::string_view text, const JsonNode &container)
{
    const std::size_t next = container.children.empty() ? text.size() : skip_blank(text, container.children.back().end);
    return next < container.end && text[next] == ',';
}

/// How a new last child is separated from what is before it.
struct Gap {
    std::string before, after; ///< around the child
    std::string indentation;   ///< of its further lines
    bool one_line = false;
};

Gap gap_for(std::string_view text, const JsonNode &container, const Layout &layout)
{
    const std::string outer(indentation_at(text, container.begin));
    const std::string_view inside = text.substr(container.begin, container.end - container.begin);
    const std::string line_end(layout.line_end);
    if (container.children.empty()) {
        if (layout.one_line)
            return {"", "", "", true};
        const bool open = has_line_end(inside);
        return {line_end + outer + layout.unit, open ? "" : line_end + outer, outer + layout.unit};
    }
    if (!has_line_end(inside))
        return {" ", "", outer, true};
    const JsonNode &first = container.children.front();
    const std::size_t end = content_end(text, container);
    const std::string_view tail = text.substr(container.children.back().end, end - container.children.back().end);
    if (begins_line(text, first) || tail.find("//") != std::string_view::npos) {
        const std::string inner(begins_line(text, first) ? indentation_at(text, first_byte(first))
                                                         : outer + layout.unit);
        return {line_end + inner, "", inner};
    }
    return {" ", "", std::string(indentation_at(text, first_byte(first)))}; // "[{" … "}, {"
}

std::vector<Splice> append_child(std::string_view text, const JsonNode &container, std::string_view key,
                                 const Json &value)
{
    Layout layout = layout_of(text);
    const Gap gap = gap_for(text, container, layout);
    layout.one_line = gap.one_line;
    const bool comma = has_trailing_comma(text, container);
    std::string added = gap.before;
    if (container.kind == JsonKind::object)
        added += fmt::format("{}: ", json_quoted(key));
    added += rendered(value, layout, gap.indentation) + (comma ? "," : "") + gap.after;
    const std::size_t at = content_end(text, container);
    if (container.children.empty() || comma)
        return {{at, 0, added}};
    const std::size_t behind = container.children.back().end;
    if (behind == at)
        return {{at, 0, "," + added}};
    return {{behind, 0, ","}, {at, 0, added}};
}

/// {"a": {"b": value}} for the steps of `path` from `from` on.
Json nested(const std::vector<std::string> &path, std::size_t from, const Json &value)
{
    Json out = value;
    for (std::size_t i = path.size(); i > from; --i)
        out = Json{{path[i - 1], out}};
    return out;
}

} // namespace

std::string apply_splices(std::string_view text, const std::vector<Splice> &splices)
{
    std::string out;
    std::size_t at = 0;
    for (const Splice &splice : splices) {
        out += text.substr(at, splice.at - at);
        out += splice.inserted;
        at = splice.at + splice.removed;
    }
    return out += text.substr(at);
}

std::vector<Splice> append_element(std::string_view text, const JsonNode &array, const Json &value)
{
    return append_child(text, array, "", value);
}

std::vector<Splice> append_member(std::string_view text, const JsonNode &object, const std::string &key,
                                  const Json &value)
{
    return append_child(text, object, key, value);
}

Result<std::vector<Splice>> set_member(std::string_view text, const std::string &file,
                                       const std::vector<std::string> &path, const Json &value)
{
    auto root = parse_jsonc(text, file);
    if (!root)
        return pass(root);
    if (!*root) {
        Layout layout = layout_of(text);
        const std::string line_end(layout.line_end);
        const std::size_t behind = text.find_last_not_of(kLineEnds);
        const bool fresh = text.empty() || text == "\xEF\xBB\xBF" || behind + 1 < text.size();
        return std::vector<Splice>{
            {text.size(), 0, (fresh ? "" : line_end) + rendered(nested(path, 0, value), layout, "") + line_end}};
    }
    const JsonNode *node = &**root;
    for (std::size_t step = 0; step < path.size(); ++step) {
        if (node->kind != JsonKind::object) {
            return fail(error_at(text, file, node->begin,
                                 fmt::format("{} is no object, so it cannot take \"{}\"",
                                             step == 0 ? "the file's value" : '"' + path[step - 1] + '"', path[step]),
                                 "change it by hand"));
        }
        const JsonNode *next = node->find(path[step]);
        if (next == nullptr)
            return append_member(text, *node, path[step], nested(path, step + 1, value));
        node = next;
    }
    if (value.string() != nullptr && node->string() == *value.string())
        return std::vector<Splice>{};
    const std::string_view indentation = indentation_at(text, node->begin);
    return std::vector<Splice>{{node->begin, node->end - node->begin, rendered(value, layout_of(text), indentation)}};
}

} // namespace dbgscope
