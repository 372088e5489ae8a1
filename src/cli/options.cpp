// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "cli/getopt_words.hpp"
#include "cli/plain_options.hpp"
#include "dbgscope/utf8.hpp"
#include "profile/key_names.hpp"

namespace dbgscope {
namespace {

constexpr const char *kModeGroup = "Looking before acting";
constexpr const char *kSessionGroup = "Live sessions";

/// Of the first word that gives a flag a value which is neither yes nor no ("--watch=x"): CLI11 throws for it what is
/// no error of its own.
Error flag_value_error(const CLI::App &app, std::span<const std::string> words, std::string_view source)
{
    Error error{.kind = ErrorKind::usage,
                .operation = "read",
                .subject = std::string(source),
                .cause = "a flag has a value that is neither yes nor no",
                .hint = "see dbgscope --help"};
    for (const std::string &word : words) {
        const auto equals = word.find('=');
        if (!word.starts_with("--") || equals == std::string::npos)
            continue;
        const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
        const CLI::Option *option = app.get_option_no_throw(name);
        if (option == nullptr || option->get_items_expected_max() != 0)
            continue;
        try {
            (void)CLI::detail::to_flag_value(value);
        } catch (const std::logic_error &) {
            error.cause = fmt::format("{} takes yes or no, not \"{}\"", name, printable(value));
            return error;
        }
    }
    return error;
}

/// systemd-run options that make no sense for a scope, and why.
struct Refusal {
    std::string_view option, reason;
};
constexpr std::string_view kServiceOnly =
    "it belongs to services: dbgscope makes scopes and becomes the command itself";
constexpr std::array kRefused{
    Refusal{"--pty", "the command keeps the terminal it was started on"},
    Refusal{"-t", "the command keeps the terminal it was started on"},
    Refusal{"--pty-late", "the command keeps the terminal it was started on"},
    Refusal{"-T", "the command keeps the terminal it was started on"},
    Refusal{"--pipe", "the command keeps stdin, stdout and stderr"},
    Refusal{"-P", "the command keeps stdin, stdout and stderr"},
    Refusal{"--no-block", "the command is not started before its scope is there"},
    Refusal{"--remain-after-exit", kServiceOnly},
    Refusal{"-r", kServiceOnly},
    Refusal{"--service-type", kServiceOnly},
    Refusal{"--on-active", kServiceOnly},
    Refusal{"--on-boot", kServiceOnly},
    Refusal{"--on-startup", kServiceOnly},
    Refusal{"--on-unit-active", kServiceOnly},
    Refusal{"--on-unit-inactive", kServiceOnly},
    Refusal{"--on-calendar", kServiceOnly},
    Refusal{"--on-clock-change", kServiceOnly},
    Refusal{"--on-timezone-change", kServiceOnly},
    Refusal{"--path-property", kServiceOnly},
    Refusal{"--socket-property", kServiceOnly},
    Refusal{"--timer-property", kServiceOnly},
    Refusal{"--root-directory", kServiceOnly},
    Refusal{"-R", kServiceOnly},
    Refusal{"--ignore-failure", kServiceOnly},
    Refusal{"--background", kServiceOnly},
    Refusal{"--host", "a debugger runs on this machine"},
    Refusal{"-H", "a debugger runs on this machine"},
    Refusal{"--machine", "a debugger runs on this machine"},
    Refusal{"-M", "a debugger runs on this machine"},
};

using Words = std::span<const std::string>;

/// CLI11 takes about 20 µs to make an option, a launch about 4 ms: only those that may occur are made. `is_named`
/// judges "memory-max" of a word "--memory-max=1G" or "--no-memory-max".
template <class IsNamed> bool may_occur(Words words, IsNamed is_named)
{
    return std::ranges::any_of(words, [&](std::string_view word) {
        word = word.substr(0, word.find('='));
        return word.starts_with("--") &&
               (is_named(word.substr(2)) || (word.starts_with("--no-") && is_named(word.substr(5))));
    });
}

/// "--memory-max", with the aliases of the table: "-u,--unit".
std::string cli11_names(const KeyInfo &info)
{
    std::string names = option_name(info);
    if (!info.aliases.empty())
        names = std::string(info.aliases) + "," + names;
    return names;
}

/// Builds the CLI11 tree for one parse and keeps the first error our own parsers found.
class Parser {
  public:
    /// Knows the options that may occur in `words`; none given: all of them.
    explicit Parser(std::optional<Words> words) : words_(words)
    {
        app_.prefix_command(true);
        app_.set_help_flag();
        for (const KeyInfo &info : key_table())
            if (!words_ || may_occur(*words_, [&](std::string_view name) { return is_name_of(name, info); }))
                add_key(info);
        add_mode("--help", "-h,--help", out_.help, "show this help");
        add_mode("--version", "--version", out_.version, "show the version and what this build can do");
        add_mode("--dry-run", "--dry-run", out_.dry_run, "print the plan that would run, with a reason for every step");
        add_mode("--json", "--json", out_.json, "print for machines (with --dry-run and status)");
        if (wanted("--facts"))
            app_.add_option("--facts", out_.facts_file,
                            "plan from a dump of `dbgscope status --json` (implies --dry-run)")
                ->type_name("FILE")
                ->group(kModeGroup);
        if (wanted("--scope"))
            app_.add_flag("--scope", out_.scope, "accepted as systemd-run has it")->group("Scope");
        if (wanted("--all"))
            app_.add_flag("--all", out_.all, "stop: end every session of yours")->group(kSessionGroup);
        if (wanted("--port"))
            app_.add_option("--port", out_.port, "stop: end the session that has this TCP port")
                ->type_name("PORT")
                ->group(kSessionGroup);
        add_manager("--user", "systemd-user");
        add_manager("--system", "systemd-system");
    }

    Result<ParsedOptions> parse(Words arguments, std::string_view source)
    {
        const auto mark = std::find(arguments.begin(), arguments.end(), "--");
        std::vector<std::string> reversed(std::make_reverse_iterator(mark),
                                          std::make_reverse_iterator(arguments.begin()));
        try {
            app_.parse(std::move(reversed));
        } catch (const CLI::ParseError &error) {
            if (failure_)
                return fail(std::move(*failure_));
            return fail({.kind = ErrorKind::usage,
                         .operation = "read",
                         .subject = std::string(source),
                         .cause = error.what(),
                         .hint = "see dbgscope --help"});
        } catch (const std::logic_error &) {
            return fail(flag_value_error(app_, {arguments.begin(), mark}, source));
        }
        out_.rest = app_.remaining();
        if (!out_.rest.empty() && out_.rest.front().size() > 1 && out_.rest.front().front() == '-')
            return fail(unknown(out_.rest.front(), source));
        if (mark != arguments.end()) // `run cmd -- x`: the mark belongs to the command
            out_.rest.insert(out_.rest.end(), out_.rest.empty() ? mark + 1 : mark, arguments.end());
        return std::move(out_);
    }

    [[nodiscard]] const CLI::App &tree() const { return app_; }

  private:
    [[nodiscard]] bool wanted(std::string_view option) const
    {
        return !words_ || may_occur(*words_, [option](std::string_view name) { return name == option.substr(2); });
    }

    void add_mode(std::string_view option, const char *names, bool &into, const char *help)
    {
        if (wanted(option))
            app_.add_flag(names, into, help)->group(kModeGroup);
    }

    void add_manager(const char *option, const char *backend)
    {
        if (!wanted(option))
            return;
        const auto chosen = [this, option, backend] {
            out_.settings.set(Key::backend, {std::string(backend), {Layer::option, option}});
        };
        app_.add_flag_callback(option, chosen, fmt::format("short for --backend={}", backend))->group("General");
    }

    void add_key(const KeyInfo &info)
    {
        const std::string names = cli11_names(info);
        CLI::Option *option = nullptr;
        if (info.type == ValueType::flag)
            option = add_flag(info, names);
        else
            option = app_.add_option(names, [this, &info](const CLI::results_t &texts) { return take(info, texts); });
        option->description(std::string(info.help))->group(std::string(info.group));
        if (info.type != ValueType::flag)
            option->type_name(std::string(info.metavar))->expected(1)->allow_extra_args(false);
        if (info.type == ValueType::list || info.type == ValueType::choices)
            option->take_all();
        else
            option->take_last();
    }

    /// --x and its opposite --no-x, which --help leaves out. `--x=no` is read by CLI11 and counts as -1.
    CLI::Option *add_flag(const KeyInfo &info, const std::string &names)
    {
        const auto flag = [&](const std::string &spelling, bool on) {
            return app_.add_flag_function(spelling, [this, &info, on](std::int64_t count) {
                out_.settings.set(info.key, {Value((count > 0) == on), {Layer::option, option_name(info)}});
            });
        };
        flag("--no-" + option_name(info).substr(2), false)->group("");
        return flag(names, true);
    }

    bool take(const KeyInfo &info, const CLI::results_t &texts)
    {
        auto taken = take_option(info, texts, out_.settings);
        if (!taken)
            failure_ = std::move(taken.error());
        return taken.has_value();
    }

    static Error unknown(const std::string &word, std::string_view source)
    {
        const std::string name = word.substr(0, word.find('='));
        for (const Refusal &refusal : kRefused)
            if (refusal.option == name)
                return {.kind = ErrorKind::usage,
                        .operation = "use",
                        .subject = name,
                        .cause = std::string(refusal.reason),
                        .hint = "systemd-run has it; man dbgscope lists the differences"};
        std::vector<std::string> known{"--help", "--version", "--dry-run", "--json", "--facts", "--user", "--system"};
        for (const KeyInfo &info : key_table())
            known.push_back(option_name(info));
        const std::string near = suggest(name, known);
        return {.kind = ErrorKind::usage,
                .operation = "read",
                .subject = std::string(source),
                .cause = fmt::format("unknown option {}", name),
                .hint = near.empty() ? "see dbgscope --help" : fmt::format("did you mean {}?", near)};
    }

    std::optional<Words> words_;
    CLI::App app_;
    ParsedOptions out_;
    std::optional<Error> failure_;
};

/// What the words may hold, for getopt_words().
std::vector<GetoptOption> getopt_options()
{
    std::vector<GetoptOption> options{{"--facts", 0, true}, {"--port", 0, true}, {"--help", 'h', false}};
    options.reserve(options.size() + kKeyCount);
    for (const KeyInfo &info : key_table())
        options.push_back({option_name(info), info.aliases.size() == 2 ? info.aliases[1] : '\0',
                           info.type != ValueType::flag, info.key == Key::dap_log ? "on" : ""});
    return options;
}

} // namespace

Result<ParsedOptions> parse_options(std::span<const std::string> arguments, std::string_view source)
{
    if (!arguments.empty() && (arguments.front().empty() || arguments.front().front() != '-')) {
        ParsedOptions none; // nothing to parse: keep the option tree off the launch path
        none.rest.assign(arguments.begin(), arguments.end());
        return none;
    }
    const auto words = getopt_words(arguments, getopt_options(), Abbreviations::refused);
    if (!words)
        return fail(words.error());
    if (auto plain = read_plain_options(*words))
        return std::move(*plain);
    return parse_with_tree(*words, source);
}

Result<ParsedOptions> parse_with_tree(std::span<const std::string> words, std::string_view source)
{
    return Parser(words).parse(words, source);
}

std::string options_help()
{
    const std::string text = Parser(std::nullopt).tree().help();
    return text.substr(text.find("\n\n") + 1); // CLI11's own usage line comes first
}

void for_each_option(const std::function<void(const CLI::Option &)> &take)
{
    const Parser parser(std::nullopt);
    for (const CLI::Option *option : parser.tree().get_options())
        take(*option);
}

} // namespace dbgscope
