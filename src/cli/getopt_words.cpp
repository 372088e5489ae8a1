// SPDX-License-Identifier: Apache-2.0
#include "cli/getopt_words.hpp"

#include <fmt/core.h>

#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

class Reader {
  public:
    Reader(std::span<const std::string> words, std::span<const GetoptOption> known, Abbreviations abbreviations)
        : words_(words), known_(known), abbreviations_(abbreviations)
    {
    }

    Result<std::vector<std::string>> read()
    {
        for (; at_ < words_.size(); ++at_) {
            const std::string &word = words_[at_];
            if (word.size() < 2 || word[0] != '-' || word == "--")
                break;
            if (auto done = word[1] == '-' ? long_one(word) : letters(word); !done)
                return pass(done);
        }
        out_.insert(out_.end(), words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end());
        return std::move(out_);
    }

  private:
    /// The value may be the next word, whatever that looks like.
    void take(const std::string &name, const std::string *value)
    {
        if (value == nullptr && at_ + 1 < words_.size())
            value = &words_[++at_];
        if (value == nullptr)
            out_.push_back(name); // its absence is for the parser to tell
        else if (value->empty())
            out_.insert(out_.end(), {name, ""});
        else
            out_.push_back(name + '=' + *value);
    }

    /// "-qu NAME", "-pMemoryMax=1G"
    Result<void> letters(const std::string &word)
    {
        for (std::size_t i = 1; i < word.size(); ++i) {
            if (word[i] == '-') // alone it would end the options
                return fail(Error{.kind = ErrorKind::usage,
                                  .operation = "read",
                                  .subject = "the command line",
                                  .cause = fmt::format("unknown option {}", printable(word)),
                                  .hint = {}});
            const GetoptOption *option = nullptr;
            for (const GetoptOption &candidate : known_)
                if (candidate.letter == word[i])
                    option = &candidate;
            if (option == nullptr) {
                out_.push_back('-' + word.substr(i));
                return {};
            }
            if (!option->takes_value) {
                out_.push_back(option->name);
                continue;
            }
            const std::string rest = word.substr(i + 1);
            take(option->name, rest.empty() ? nullptr : &rest);
            return {};
        }
        return {};
    }

    /// "--unit=NAME", "--uni NAME"
    Result<void> long_one(const std::string &word)
    {
        const auto equals = word.find('=');
        const std::string name = word.substr(0, equals);
        auto option = find(name);
        if (!option)
            return pass(option);
        if (*option == nullptr || (!(*option)->takes_value && equals != std::string::npos)) {
            out_.push_back(word);
        } else if (!(*option)->takes_value) {
            out_.push_back((*option)->name);
        } else if (equals == std::string::npos && !(*option)->otherwise.empty()) {
            out_.push_back(fmt::format("{}={}", (*option)->name, (*option)->otherwise));
        } else {
            const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
            take((*option)->name, equals == std::string::npos ? nullptr : &value);
        }
        return {};
    }

    [[nodiscard]] Result<const GetoptOption *> find(const std::string &name) const
    {
        const GetoptOption *found = nullptr;
        std::string candidates;
        for (const GetoptOption &option : known_) {
            if (option.name == name)
                return &option;
            if (abbreviations_ == Abbreviations::refused || !option.name.starts_with(name))
                continue;
            found = &option;
            candidates += fmt::format("{}{}", candidates.empty() ? "" : ", ", option.name);
        }
        if (candidates.find(',') != std::string::npos)
            return fail(Error{.kind = ErrorKind::usage,
                              .operation = "read",
                              .subject = "the command line",
                              .cause = fmt::format("{} may be any of {}", name, candidates),
                              .hint = {}});
        return found;
    }

    std::span<const std::string> words_;
    std::span<const GetoptOption> known_;
    Abbreviations abbreviations_;
    std::vector<std::string> out_;
    std::size_t at_ = 0;
};

} // namespace

Result<std::vector<std::string>> getopt_words(std::span<const std::string> words, std::span<const GetoptOption> known,
                                              Abbreviations abbreviations)
{
    return Reader(words, known, abbreviations).read();
}

} // namespace dbgscope
