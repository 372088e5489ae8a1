// SPDX-License-Identifier: Apache-2.0
#include "profile/yaml_file.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <set>
#include <sstream>

#include "profile/text_check.hpp"

namespace dbgscope {
namespace {

/// What the handler throws to stop the parser; never leaves this file.
struct Refused {
    YamlPlace place;
    std::string cause, hint;
};

YamlPlace place_of(const YAML::Mark &mark)
{
    return mark.is_null() ? YamlPlace{} : YamlPlace{mark.line + 1, mark.column + 1};
}

std::unexpected<Error> refuse(const std::string &file, YamlPlace place, std::string cause, std::string hint)
{
    return fail({.kind = ErrorKind::config,
                 .operation = "",
                 .subject = place_text(file, place),
                 .cause = std::move(cause),
                 .hint = std::move(hint),
                 .place = {file, place.line, place.column}});
}

constexpr const char *kListHint = "a list is written [one, two], or one \"- item\" a line; is a bracket left open?";
constexpr std::size_t kMaxDepth = 4; // no key has more than two parts; a wrong one still gets its own message

/// Events instead of YAML::Node: a Node forgets duplicates, anchors and most positions, and expands aliases.
class Flattener final : public YAML::EventHandler {
  public:
    std::vector<YamlEntry> take() { return std::move(entries_); }

    void OnDocumentStart(const YAML::Mark &mark) override
    {
        if (documents_++ > 0)
            throw Refused{place_of(mark), "a second document", "remove the line \"---\" and what follows it"};
    }
    void OnDocumentEnd() override {}

    void OnAlias(const YAML::Mark &mark, YAML::anchor_t /*anchor*/) override { refuse_anchor(mark); }
    void OnAnchor(const YAML::Mark &mark, const std::string & /*name*/) override { refuse_anchor(mark); }

    void OnNull(const YAML::Mark &mark, YAML::anchor_t /*anchor*/) override
    {
        if (frames_.empty())
            return; // an empty document
        if (in_sequence_)
            throw Refused{place_of(mark), "an empty item in a list", ""};
        if (frames_.back().awaits_key)
            throw Refused{place_of(mark), "a key without a name", ""};
        begin_entry(YamlEntry::Kind::nothing, frames_.back().key_place);
    }

    void OnScalar(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t /*anchor*/,
                  const std::string &value) override
    {
        refuse_tag(mark, tag);
        if (in_sequence_)
            entries_.back().values.push_back({value, place_of(mark)});
        else if (frames_.empty())
            throw Refused{place_of(mark), "not a map of keys", "write \"key: value\" lines"};
        else if (frames_.back().awaits_key)
            take_key(place_of(mark), value);
        else
            begin_entry(YamlEntry::Kind::scalar, place_of(mark)).values.push_back({value, place_of(mark)});
    }

    void OnSequenceStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t /*anchor*/,
                         YAML::EmitterStyle::value /*style*/) override
    {
        refuse_tag(mark, tag);
        if (frames_.empty())
            throw Refused{place_of(mark), "a list, not a map of keys", "write \"key: value\" lines"};
        if (in_sequence_)
            throw Refused{place_of(mark), "a list inside a list", kListHint};
        if (frames_.back().awaits_key)
            throw Refused{place_of(mark), "a list as a key", "quote a key that begins with ["};
        begin_entry(YamlEntry::Kind::sequence, place_of(mark));
        in_sequence_ = true;
    }
    void OnSequenceEnd() override { in_sequence_ = false; }

    void OnMapStart(const YAML::Mark &mark, const std::string &tag, YAML::anchor_t /*anchor*/,
                    YAML::EmitterStyle::value /*style*/) override
    {
        refuse_tag(mark, tag);
        if (in_sequence_)
            throw Refused{place_of(mark), "a map inside a list", kListHint};
        if (!frames_.empty() && frames_.back().awaits_key)
            throw Refused{place_of(mark), "a map as a key", "quote a value that begins with {"};
        if (frames_.size() >= kMaxDepth)
            throw Refused{place_of(mark), "nested too deep", "keys have at most two parts, as in memory: {max: 512M}"};
        frames_.push_back({path(), {}, {}, place_of(mark), true});
    }
    void OnMapEnd() override
    {
        const bool empty = frames_.back().seen.empty();
        frames_.pop_back();
        if (frames_.empty())
            return;
        if (empty)
            begin_entry(YamlEntry::Kind::empty_map, frames_.back().key_place);
        frames_.back().awaits_key = true;
    }

  private:
    struct Frame {
        std::string prefix; ///< "memory" inside `memory:`, empty at the top
        std::set<std::string> seen;
        std::string key;
        YamlPlace key_place;
        bool awaits_key;
    };

    [[noreturn]] static void refuse_anchor(const YAML::Mark &mark)
    {
        throw Refused{place_of(mark), "anchors and aliases (& and *) are not supported",
                      "write the value out, or in quotes if it begins with & or *"};
    }
    static void refuse_tag(const YAML::Mark &mark, const std::string &tag)
    {
        if (!tag.empty() && tag != "?" && tag != "!") // yaml-cpp's own: plain, quoted
            throw Refused{place_of(mark), "tags (!) are not supported", "write the value without it"};
    }

    [[nodiscard]] std::string path() const
    {
        if (frames_.empty())
            return {};
        const Frame &top = frames_.back();
        return top.prefix.empty() ? top.key : top.prefix + '.' + top.key;
    }

    void take_key(YamlPlace place, const std::string &key)
    {
        Frame &top = frames_.back();
        if (key == "<<")
            throw Refused{place, "merge keys (<<) are not supported", "name a profile instead: profile: NAME"};
        if (const auto dot = key.find('.'); dot != std::string::npos)
            throw Refused{place, "a key with a dot: \"" + key + '"',
                          "nest it: " + key.substr(0, dot) + ": {" + key.substr(dot + 1) + ": …}"};
        if (!top.seen.insert(key).second)
            throw Refused{place, "duplicate key \"" + key + '"', "keep one of the two"};
        top.key = key;
        top.key_place = place;
        top.awaits_key = false;
    }

    YamlEntry &begin_entry(YamlEntry::Kind kind, YamlPlace value_place)
    {
        Frame &top = frames_.back();
        entries_.push_back({path(), top.key_place, value_place, kind, {}});
        top.awaits_key = true;
        return entries_.back();
    }

    std::vector<YamlEntry> entries_;
    std::vector<Frame> frames_;
    bool in_sequence_ = false;
    int documents_ = 0;
};

} // namespace

std::string place_text(const std::string &file, YamlPlace place)
{
    return file + ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
}

Result<std::vector<YamlEntry>> parse_yaml(const std::string &text, const std::string &file)
{
    if (text.size() > kMaxConfigBytes)
        return refuse(file, {}, "larger than 64 KiB", "is this the right file?");
    if (const auto fault = find_text_fault(text))
        return refuse(file, {fault->line, fault->column}, fault->cause, fault->hint);
    Flattener flattener;
    const std::size_t end = text.find_last_not_of(" \r\n") + 1;
    try {
        // yaml-cpp 0.7 ends a quote that was never closed at the last line's end, without a word; with no such end it
        // complains. `slice: "debug` would otherwise swallow every line below it.
        std::istringstream input(text.substr(0, end));
        YAML::Parser parser(input);
        while (parser.HandleNextDocument(flattener)) {
        }
    } catch (const Refused &refused) {
        return refuse(file, refused.place, refused.cause, refused.hint);
    } catch (const YAML::Exception &exception) {
        const bool at_end = exception.mark.pos >= 0 && static_cast<std::size_t>(exception.mark.pos) >= end;
        return refuse(file, place_of(exception.mark), "not valid YAML: " + exception.msg,
                      at_end ? "is a quote or a bracket left open?" : "");
    } catch (const std::exception &exception) {
        return refuse(file, {}, std::string("cannot be read as YAML: ") + exception.what(), "");
    }
    return flattener.take();
}

} // namespace dbgscope
