// SPDX-License-Identifier: Apache-2.0
#include "text/json.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "dbgscope/overloaded.hpp"

namespace dbgscope {
namespace {

using Foreign = nlohmann::ordered_json;

constexpr std::size_t kUsualMembers = 16;

/// Equal names: the last value, at the first one's place.
void drop_duplicates(Json::Object &members)
{
    // What we write ourselves has its names in order.
    if (std::ranges::is_sorted(members, std::ranges::less_equal(), &JsonMember::name))
        return;
    std::vector<std::size_t> order(members.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::stable_sort(order, {}, [&](std::size_t i) -> const std::string & { return members[i].name; });
    std::vector<bool> dropped(members.size());
    bool any = false;
    std::size_t first = 0; // of a run of equal names
    for (std::size_t i = 1; i < order.size(); ++i) {
        if (members[order[i]].name != members[order[first]].name) {
            first = i;
            continue;
        }
        members[order[first]].value = std::move(members[order[i]].value);
        dropped[order[i]] = any = true;
    }
    if (!any)
        return;
    Json::Object kept;
    for (std::size_t i = 0; i < members.size(); ++i)
        if (!dropped[i])
            kept.push_back(std::move(members[i]));
    members = std::move(kept);
}

} // namespace

/// Builds a value from the library's events: it reads without recursion, whatever the nesting.
class JsonReading {
  public:
    std::size_t fault_byte = 0; ///< how many bytes had been read
    bool too_deep = false;

    bool null() { return add(Json()); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(std::int64_t value) { return add(value); }
    bool number_unsigned(std::uint64_t value) { return add(value); }
    bool number_float(double value, const std::string & /*written*/) { return add(value); }
    bool string(std::string &value) { return add(std::move(value)); }
    bool binary(Foreign::binary_t & /*value*/) { return false; }
    bool start_object(std::size_t /*size*/) { return open(Json::object()); }
    bool start_array(std::size_t /*size*/) { return open(Json::array()); }
    bool key(std::string &name)
    {
        Json::Object &members = open_.back().members();
        if (members.empty())
            members.reserve(kUsualMembers);
        members.push_back({std::move(name), Json()});
        return true;
    }
    bool end_object()
    {
        drop_duplicates(open_.back().members());
        return close();
    }
    bool end_array() { return close(); }
    bool parse_error(std::size_t byte, const std::string & /*token*/, const std::exception & /*error*/)
    {
        fault_byte = byte;
        return false;
    }
    Json take() { return std::move(root_); }

  private:
    struct Container {
        Json json;
        Json::Object &members() { return std::get<Json::Object>(json.value_); }
    };

    bool add(Json value)
    {
        if (open_.empty())
            root_ = std::move(value);
        else if (auto *members = std::get_if<Json::Object>(&open_.back().json.value_))
            members->back().value = std::move(value);
        else
            std::get<Json::Array>(open_.back().json.value_).push_back(std::move(value));
        return true;
    }
    bool open(Json container)
    {
        too_deep = open_.size() == kMaxParsedDepth;
        if (!too_deep)
            open_.push_back({std::move(container)});
        return !too_deep;
    }
    bool close()
    {
        Json done = std::move(open_.back().json);
        open_.pop_back();
        return add(std::move(done));
    }

    Json root_;
    std::vector<Container> open_;
};

namespace {

Foreign to_foreign(const Json &value, bool sorted)
{
    if (const auto flag = value.boolean())
        return *flag;
    if (const auto positive = value.whole<std::uint64_t>())
        return *positive;
    if (const auto negative = value.whole<std::int64_t>())
        return *negative;
    if (const auto number = value.number())
        return *number;
    if (const std::string *text = value.string())
        return *text;
    if (const Json::Array *items = value.items()) {
        Foreign out = Foreign::array();
        for (const Json &item : *items)
            out.push_back(to_foreign(item, sorted));
        return out;
    }
    const Json::Object *members = value.members();
    if (members == nullptr)
        return nullptr;
    std::vector<const JsonMember *> order;
    for (const JsonMember &member : *members)
        order.push_back(&member);
    if (sorted)
        std::ranges::sort(order, {}, [](const JsonMember *member) -> const std::string & { return member->name; });
    Foreign out = Foreign::object();
    for (const JsonMember *member : order)
        out[member->name] = to_foreign(member->value, sorted);
    return out;
}

std::unexpected<Error> not_json(std::string_view text, std::size_t byte, const char *cause)
{
    const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
    const auto start = before.rfind('\n');
    const auto line = static_cast<int>(std::ranges::count(before, '\n') + 1);
    const auto column = static_cast<int>(before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1);
    return fail({.kind = ErrorKind::config,
                 .operation = "read",
                 .subject = "line " + std::to_string(line) + ", column " + std::to_string(column),
                 .cause = cause,
                 .place = {.file = {}, .line = line, .column = column}});
}

} // namespace

Json::Json() = default;
Json::Json(const Json &other) = default;
Json::Json(Json &&other) noexcept = default;
Json &Json::operator=(const Json &other) = default;
Json &Json::operator=(Json &&other) noexcept = default;
Json::~Json() = default;
void Json::set_boolean(bool value)
{
    value_ = value;
}

void Json::set_negative(std::int64_t value)
{
    value_ = value;
}

void Json::set_positive(std::uint64_t value)
{
    value_ = value;
}

Json::Json(double value) : value_(value) {}
Json::Json(const char *value) : value_(std::string(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::initializer_list<JsonMember> members) : value_(Object(members)) {}

Json Json::array(std::initializer_list<Json> items)
{
    Json out;
    out.value_ = Array(items);
    return out;
}

Json Json::object()
{
    Json out;
    out.value_ = Object();
    return out;
}

Json &Json::operator[](std::string_view name)
{
    if (is_null())
        value_ = Object();
    auto &members = std::get<Object>(value_);
    for (JsonMember &member : members)
        if (member.name == name)
            return member.value;
    return members.emplace_back(std::string(name), Json()).value;
}

void Json::push_back(Json item)
{
    if (is_null())
        value_ = Array();
    std::get<Array>(value_).push_back(std::move(item));
}

void Json::update(Json other)
{
    for (JsonMember &member : std::get<Object>(other.value_))
        (*this)[member.name] = std::move(member.value);
}

std::optional<bool> Json::boolean() const
{
    const bool *value = std::get_if<bool>(&value_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<double> Json::number() const
{
    return std::visit(Overloaded{
                          [](double value) { return std::optional(value); },
                          [](std::uint64_t value) { return std::optional(static_cast<double>(value)); },
                          [](std::int64_t value) { return std::optional(static_cast<double>(value)); },
                          [](const auto &) { return std::optional<double>(); },
                      },
                      value_);
}

const std::string *Json::string() const
{
    return std::get_if<std::string>(&value_);
}

const Json::Array *Json::items() const
{
    return std::get_if<Array>(&value_);
}

const Json::Object *Json::members() const
{
    return std::get_if<Object>(&value_);
}

const Json *Json::find(std::string_view name) const
{
    if (const Object *all = members())
        for (const JsonMember &member : *all)
            if (member.name == name)
                return &member.value;
    return nullptr;
}

std::string Json::dump(JsonStyle style) const
{
    return to_foreign(*this, style.sorted)
        .dump(style.indent, style.fill, style.ascii, Foreign::error_handler_t::replace);
}

Result<Json> parse_json(std::string_view text)
{
    JsonReading reading;
    if (Foreign::sax_parse(text, &reading))
        return reading.take();
    if (reading.too_deep)
        return not_json(text, text.size(), "nested too deep");
    return not_json(text, reading.fault_byte, "not JSON");
}

} // namespace dbgscope
