// SPDX-License-Identifier: Apache-2.0
#include "tools/report/dap_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/report/dap_log.hpp"

namespace dbgscope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DapReport read(const std::string &text)
{
    auto report = read_dap_log(text);
    EXPECT_TRUE(report) << text;
    return report ? *report : DapReport{};
}

std::vector<DapLoss> losses(const DapReport &report)
{
    std::vector<DapLoss> kinds;
    for (const DapLost &lost : report.output.lost)
        kinds.push_back(lost.kind);
    return kinds;
}

std::vector<DapLoss> losses(const std::string &text)
{
    return losses(read(text));
}

const std::string kBegin = R"({"seq":1,"type":"request","command":"initialize"}
{"type":"response","request_seq":1,"success":true,"command":"initialize"}
)";
const std::string kLaunched = kBegin + R"({"seq":2,"type":"request","command":"launch"}
{"type":"response","request_seq":2,"success":true,"command":"launch"}
)";
const std::string kSaid =
    R"({"type":"event","event":"output","body":{"category":"stdout","output":"hello\n"}}
{"type":"event","event":"output","body":{"category":"stderr","output":"no\n"}}
{"type":"event","event":"output","body":{"category":"console","output":"Detaching\n"}}
)";
const std::string kTerminated = R"({"type":"event","event":"terminated"}
)";
const std::string kDisconnect = R"({"seq":7,"type":"request","command":"disconnect"}
{"type":"response","request_seq":7,"success":true,"command":"disconnect"}
)";
const std::string kStopped = R"({"type":"event","event":"stopped","body":{"reason":"breakpoint"}}
)";

/// As dlv 1.20 and 1.24 write it, cut short.
std::string of_dlv(std::string_view asked, std::string_view parsed, const std::string &events = "")
{
    const std::string client = "2026-11-30T02:45:08Z debug layer=dap [<- from client]";
    const std::string dlv = "2026-11-30T02:45:08Z debug layer=dap ";
    std::string text = client + R"({"seq":1,"type":"request","command":"initialize"})" + '\n' + client +
                       R"({"seq":2,"type":"request","command":"launch","arguments":{"mode":"exec")" +
                       std::string(asked) + "}}\n" + dlv + "parsed launch config: {\n\t\"mode\": \"exec\",\n" +
                       std::string(parsed) + "\t\"backend\": \"default\"\n}\n";
    text += dlv + R"([-> to client]{"type":"response","request_seq":2,"success":true,"command":"launch"})" + '\n';
    return text + events + dlv + R"([-> to client]{"type":"event","event":"terminated","body":{}})" + '\n';
}

TEST(DapOutput, IsTheProgramsOrTheDebuggers)
{
    const DapReport report = read(kLaunched + kSaid + kTerminated + kDisconnect);
    EXPECT_EQ(report.output.events, 2U);
    EXPECT_EQ(report.output.stdout_bytes, 6U);
    EXPECT_EQ(report.output.stderr_bytes, 3U);
    EXPECT_EQ(report.output.own_events, 1U);
    EXPECT_THAT(losses(report), IsEmpty());
    EXPECT_THAT(dap_text(report), HasSubstr("output      2 events, 9 bytes as the program's (3 on standard error); "
                                            "1 events, 10 bytes of the debugger's own\n"));
}

TEST(DapOutput, OfDlvWithoutOutputModeRemoteIsInNoLog)
{
    const DapReport report = read(of_dlv("", ""));
    EXPECT_THAT(losses(report), ElementsAre(DapLoss::outside_protocol));
    EXPECT_THAT(
        dap_text(report),
        HasSubstr(
            "output lost no output event of category stdout or stderr in the log: the program's output "
            "did not go through the protocol but to dlv's own standard output and error (outputMode is not remote)\n"));
    EXPECT_THAT(dap_json(report), HasSubstr(R"("output_lost":[{"kind":"outside-protocol","text":"no output)"));
    EXPECT_THAT(losses(of_dlv(R"(,"outputMode":"local")", "")), ElementsAre(DapLoss::outside_protocol));
    // Known by its first words where another logged it; gdb and lldb-dap pass on what a program writes.
    const std::string greets =
        R"({"type":"event","event":"output","body":{"category":"console","output":"Type 'dlv help' for list of commands.\n"}})"
        "\n";
    EXPECT_THAT(losses(kLaunched + greets + kTerminated), ElementsAre(DapLoss::outside_protocol));
    EXPECT_THAT(losses(kLaunched + kTerminated), IsEmpty());
}

TEST(DapOutput, OfAnOldDlvIsLostThoughRemoteWasAskedFor)
{
    constexpr std::string_view kAsked = R"(,"outputMode":"remote")";
    const DapReport old = read(of_dlv(kAsked, ""));
    EXPECT_THAT(losses(old), ElementsAre(DapLoss::unknown_mode));
    EXPECT_THAT(dap_text(old), HasSubstr("(this dlv does not know outputMode, which came with 1.21.1)"));
    EXPECT_THAT(losses(of_dlv(kAsked, "\t\"outputMode\": \"remote\",\n")), IsEmpty()) << "it wrote nothing";
    EXPECT_THAT(losses(of_dlv(kAsked, "\t\"outputMode\": \"remote\",\n", kSaid)), IsEmpty());
}

TEST(DapOutput, GoesWhereTheClientAsksFor)
{
    for (const char *asked : {R"(,"console":"integratedTerminal")", R"(,"stdoutTo":"/tmp/out")"}) {
        const DapReport report = read(of_dlv(asked, ""));
        EXPECT_THAT(losses(report), IsEmpty()) << asked;
        EXPECT_THAT(dap_text(report), HasSubstr("\n            the program's went to ")) << asked;
    }
    EXPECT_THAT(read(kBegin + R"({"seq":2,"type":"request","command":"attach"}
{"type":"response","request_seq":2,"success":true,"command":"attach"}
)")
                    .output.elsewhere,
                HasSubstr("attached to"));
    EXPECT_THAT(read(kLaunched + R"({"seq":1,"type":"request","command":"runInTerminal"}
{"type":"response","request_seq":1,"success":true,"command":"runInTerminal"}
)")
                    .output.elsewhere,
                HasSubstr("to a terminal"));
}

TEST(DapOutput, AfterTheEndMayBeShownToNobody)
{
    EXPECT_THAT(losses(kLaunched + kTerminated + kSaid), ElementsAre(DapLoss::after_end));
    EXPECT_THAT(losses(kLaunched +
                       R"({"type":"event","event":"exited","body":{"exitCode":0}})"
                       "\n" +
                       kSaid + kTerminated),
                IsEmpty())
        << "only \"terminated\" ends a session";
    const DapReport report = read(kLaunched + kTerminated + kSaid);
    ASSERT_EQ(report.output.lost.size(), 1U);
    EXPECT_THAT(report.output.lost.front().text, HasSubstr("2 output events of the program (9 bytes) came after"));
}

TEST(DapOutput, IsLostWhereAClientGoesOrALogEndsWhileTheProgramRuns)
{
    EXPECT_THAT(losses(kLaunched + kSaid + kDisconnect + kTerminated), ElementsAre(DapLoss::disconnected));
    EXPECT_THAT(losses(kLaunched + kSaid + kStopped + kDisconnect + kTerminated), IsEmpty());
    const std::string on = R"({"type":"response","request_seq":6,"success":true,"command":"continue"})"
                           "\n";
    EXPECT_THAT(losses(kLaunched + kStopped + on + kDisconnect + kTerminated), ElementsAre(DapLoss::disconnected));
    EXPECT_THAT(losses(kLaunched + kSaid), ElementsAre(DapLoss::log_ends));
    EXPECT_THAT(losses(kBegin), IsEmpty()) << "no program";
    // One client after the other: each with a session of its own.
    EXPECT_THAT(losses(kLaunched + kTerminated + kLaunched + kSaid + kTerminated), IsEmpty());
    EXPECT_THAT(losses(kLaunched + kSaid + kLaunched + kSaid), ElementsAre(DapLoss::log_ends));
}

TEST(DapOutput, WithBrokenCharactersIsCounted)
{
    // dlv 1.24 and lldb-dap 19 send what they read in pieces: "\xe2\x82" at the end of one, "\xac" in the next.
    const DapReport report =
        read(kLaunched + R"({"type":"event","event":"output","body":{"category":"stdout","output":"€\ufffd\ufffd"}}
{"type":"event","event":"output","body":{"category":"stdout","output":"\ufffd€\n"}}
)" + kTerminated);
    EXPECT_THAT(losses(report), ElementsAre(DapLoss::broken));
    ASSERT_EQ(report.output.lost.size(), 1U);
    EXPECT_THAT(report.output.lost.front().text, HasSubstr("at 3 places a broken character"));
}

TEST(DapOutput, ThatDlvCouldNotSendIsLost)
{
    const std::string event =
        R"(2026-11-30T02:48:51Z debug layer=dap [-> to client]{"type":"event","event":"output","body":{"category":"stdout","output":"x\n"}})"
        "\n";
    const std::string failed =
        "2026-11-30T02:48:51Z debug layer=dap write tcp 127.0.0.1:45207->127.0.0.1:53080: write: broken pipe\n";
    constexpr std::string_view kAsked = R"(,"outputMode":"remote")";
    EXPECT_THAT(losses(of_dlv(kAsked, "\t\"outputMode\": \"remote\",\n", event + failed)),
                ElementsAre(DapLoss::unsent));
    EXPECT_THAT(losses(of_dlv(kAsked, "\t\"outputMode\": \"remote\",\n", event)), IsEmpty());
}

TEST(DapOutput, MessagesThatCannotBeReadAreCounted)
{
    const std::string whole = kLaunched + kSaid + kTerminated;
    EXPECT_THAT(losses(whole + R"({"type":"event","event":"output","body":{"categ)"), ElementsAre(DapLoss::unread));
    EXPECT_THAT(losses(whole + "{\n  \"body\": {\n    \"category\": \"std"), ElementsAre(DapLoss::unread));
    EXPECT_THAT(losses(whole + "[ DEBUG ] {\n  body = {\n    category = \"std"), ElementsAre(DapLoss::unread));
    EXPECT_THAT(losses("{\"type\":\"event\",\"event\":\"output\",\"body\":x}\n" + whole), ElementsAre(DapLoss::unread));
    EXPECT_THAT(losses(whole + ">>> int main(void) {\n+++ list {1,\nfunc main() {\n"), IsEmpty()) << "no message";
}

TEST(DapOutput, OfOneLongLineIsRead)
{
    // gdb sends a line of the program's as one event, however long it is.
    const DapReport report =
        read(kLaunched + R"({"type": "event", "event": "output", "body": {"category": "stdout", "output": ")" +
             std::string(3 * 1024 * 1024, 'a') + "\"}}\n" + kTerminated);
    EXPECT_EQ(report.output.stdout_bytes, 3U * 1024 * 1024);
    EXPECT_THAT(losses(report), IsEmpty());
}

} // namespace
} // namespace dbgscope
