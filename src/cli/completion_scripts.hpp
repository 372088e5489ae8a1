// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

// The parts of the completion scripts that do not depend on the option tree; completion_verb.cpp fills the @MARKS@.
namespace dbgscope {

/// Needs no bash-completion; with it, the words after a debugger or `run` complete as that command's own.
inline constexpr std::string_view kBashScript =
    R"bash(# bash completion for dbgscope, printed by: dbgscope completion bash

# The options of verb $1, "" before any; those that take a value end in "=". $2 is what was typed.
_dbgscope_options()
{
    case $1 in
@OWN_OPTIONS@    esac
    [[ $2 != --no* ]] || echo '@HIDDEN@'
    echo '@COMMON@'
}

# What the value of option $2 of verb $1 completes to; status 1: it takes none.
_dbgscope_value()
{
    case $1:$2 in
@VALUES@    *) return 1 ;;
    esac
}

# Words after verb $1 that are no options; $2 is the word before, $3 what was typed.
_dbgscope_operand()
{
    case $1:$2 in
@OPERANDS@    esac
}

# Completes word $2 as $1 says; $3 stands before each reply.
_dbgscope_offer()
{
    local list=''
    case $1 in
    words*) list=${1#words} ;;
    profiles) list=$(dbgscope profile list 2>/dev/null | cut -d' ' -f1) ;;
    sessions) list=$(dbgscope ps --json 2>/dev/null | grep -o '"id":"[^"]*"' | cut -d'"' -f4) ;;
    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -P "$3" -- "$2") ;;
    directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -P "$3" -- "$2") ;;
    users) mapfile -t COMPREPLY < <(compgen -u -P "$3" -- "$2") ;;
    groups) mapfile -t COMPREPLY < <(compgen -g -P "$3" -- "$2") ;;
    commands) mapfile -t COMPREPLY < <(compgen -c -- "$2") ;;
    esac
    [[ -z $list ]] || mapfile -t COMPREPLY < <(compgen -W "$list" -P "$3" -- "$2")
}

# The words from $1 on are a command of their own.
_dbgscope_command()
{
    if declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    elif ((COMP_CWORD == $1)); then
        _dbgscope_offer commands "${COMP_WORDS[COMP_CWORD]}"
    else
        _dbgscope_offer files "${COMP_WORDS[COMP_CWORD]}"
    fi
}

_dbgscope()
{
    local cur=${COMP_WORDS[COMP_CWORD]} verb='' before='' word kind i=1
    COMPREPLY=()
    # bash splits "--a=b" into three words, and values at "=" and ":", unless COMP_WORDBREAKS was changed.
    while ((i < COMP_CWORD)); do
        word=${COMP_WORDS[i]}
        if [[ $word == [=:]* ]]; then
            ((i += 2))
        elif [[ $word == -- ]]; then
            ((i += 1))
            if [[ $verb == run ]]; then
                _dbgscope_command "$i"
                return
            fi
        elif [[ $word == -* && ${COMP_WORDS[i + 1]} == = ]]; then
            if ((i + 2 >= COMP_CWORD)); then
                kind=$(_dbgscope_value "$verb" "$word") && _dbgscope_offer "$kind" "${cur#=}"
                return
            fi
            ((i += 3))
        elif [[ $word == -* ]]; then
            ((i += 1))
            if kind=$(_dbgscope_value "$verb" "$word"); then
                if ((i == COMP_CWORD)); then
                    _dbgscope_offer "$kind" "$cur"
                    return
                fi
                ((i += 1))
            fi
        else
            before=$word
            if [[ $verb == run ]]; then
                _dbgscope_command "$i"
                return
            fi
            verb=${verb:-$word}
            case $verb in @TOOLS@) _dbgscope_command "$i"; return ;; esac
            ((i += 1))
        fi
    done
    if ((i > COMP_CWORD)) || [[ $cur == [=:]* ]]; then
        return # inside a value that was split
    elif [[ $cur == -*=* ]]; then
        word=${cur%%=*}
        kind=$(_dbgscope_value "$verb" "$word") && _dbgscope_offer "$kind" "${cur#*=}" "$word="
    elif [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_dbgscope_options "$verb" "$cur")" -- "$cur")
        [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
    elif [[ -z $verb ]]; then
        mapfile -t COMPREPLY < <(compgen -W '@VERBS@' -- "$cur")
    elif [[ $verb == run ]]; then
        _dbgscope_command "$i"
    else
        _dbgscope_operand "$verb" "$before" "$cur"
    fi
}

complete -F _dbgscope dbgscope
)bash";

/// The words after a debugger or `run` complete as that command's own.
inline constexpr std::string_view kZshScript = R"zsh(#compdef dbgscope
# zsh completion for dbgscope, printed by: dbgscope completion zsh

_dbgscope_profiles() {
    local -a names
    names=(${${(f)"$(_call_program profiles dbgscope profile list 2>/dev/null)"}%% *})
    compadd -a names
}

_dbgscope_sessions() {
    local -a ids
    ids=(${(f)"$(_call_program sessions dbgscope ps --json 2>/dev/null | grep -o '"id":"[^"]*"' | cut -d'"' -f4)"})
    compadd -a ids
}

_dbgscope() {
    local curcontext=$curcontext state state_descr ret=1
    local -a line common verbs options
    local -A opt_args
    common=(
@COMMON@    )
    # Each flag has its opposite: shown to who has begun to type one.
    [[ $PREFIX == --no* ]] && common+=(
@HIDDEN@    )
    verbs=(
@VERBS@    )
    _arguments -C -S -A '-*' $common '1: :->verb' '*:: :->rest' && ret=0
    if [[ $state == verb ]]; then
        _describe -t commands 'command of dbgscope' verbs && ret=0
    elif [[ $state == rest ]]; then
        state=
        case $line[1] in
        @TOOLS@)
            _normal && ret=0
            ;;
        run)
            _arguments -S -A '-*' $common '(-)1:command: _command_names -e' '(-)*:: : _normal' && ret=0
            ;;
@CASES@        esac
    fi
    return ret
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _dbgscope "$@"
else
    compdef _dbgscope dbgscope
fi
)zsh";

/// The words after a debugger or `run` complete as that command's own.
inline constexpr std::string_view kFishScript =
    R"fish(# fish completion for dbgscope, printed by: dbgscope completion fish

# The verb and its operands, without options; of a debugger, and of the command of `run`, every word.
function __dbgscope_words
    set -l words (commandline -opc)
    set -e words[1]
    set -l found
    set -l skip
    for word in $words
        if set -q skip[1]
            set skip
        else if contains -- "$found[1]" @TOOLS@; or test "$found[1]" = run -a (count $found) -gt 1
            set -a found $word
        else
            switch $word
                case '--*=*' --
                case '-*'
                    contains -- $word @TAKERS@; and set skip $word
                case '*'
                    set -a found $word
            end
        end
    end
    string join \n -- $found
end

# Behind the verb $argv[1]; without an argument: behind any.
function __dbgscope_in
    set -l words (__dbgscope_words)
    if not set -q argv[1]
        set -q words[1]
        return
    end
    test "$words[1]" = "$argv[1]"
end

# Directly behind one of the words $argv.
function __dbgscope_after
    contains -- (__dbgscope_words)[-1] $argv
end

# Where an option that stands before the verb may stand.
function __dbgscope_common
    set -l words (__dbgscope_words)
    switch (count $words)
        case 0
            return 0
        case 1
            test $words[1] = run; and return 0
    end
    contains -- $words[1] @BUILTINS@
end

# A flag's opposite is shown to who has begun to type one.
function __dbgscope_negating
    string match -q -- '--no*' (commandline -ct)
end

# Behind a debugger's name, or `run`: a command line of its own.
function __dbgscope_foreign
    contains -- (__dbgscope_words)[1] @TOOLS@ run
end

function __dbgscope_complete_foreign
    set -l words (__dbgscope_words)
    test $words[1] = run; and set -e words[1]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

function __dbgscope_profiles
    dbgscope profile list 2>/dev/null | string replace -r ' +' \t
end

function __dbgscope_sessions
    dbgscope ps --json 2>/dev/null | string match -ar '(?<="id":")[^"]*'
end

complete -c dbgscope -f
complete -c dbgscope -n __dbgscope_foreign -a '(__dbgscope_complete_foreign)'
)fish";

} // namespace dbgscope
