// SPDX-License-Identifier: Apache-2.0
#include "tools/report/dap_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbgscope/utf8.hpp"

namespace dbgscope {
namespace {

using ::testing::HasSubstr;

DapReport read(std::string_view text)
{
    auto report = read_dap_log(text);
    EXPECT_TRUE(report);
    return report ? *report : DapReport{};
}

std::optional<double> time_of(std::string_view line)
{
    bool fraction = false;
    return dap_time(line, fraction);
}

// As dlv 1.20 wrote it, cut short.
constexpr std::string_view kDlv =
    R"(2026-11-29T17:44:13Z debug layer=dap DAP server pid = 2786
2026-11-29T17:44:13Z debug layer=dap [<- from client]{"seq":1,"type":"request","command":"initialize","arguments":{"clientID":"vscode","adapterID":"go"}}
2026-11-29T17:44:13Z debug layer=dap [-> to client]{"seq":0,"type":"response","request_seq":1,"success":true,"command":"initialize","body":{}}
2026-11-29T17:44:13Z debug layer=dap [<- from client]{"seq":2,"type":"request","command":"launch","arguments":{"mode":"exec","program":"/tmp/leak"}}
2026-11-29T17:44:13Z debug layer=dap parsed launch config: {
	"mode": "exec",
	"program": "/tmp/leak"
}
2026-11-29T17:44:14Z debug layer=dap [-> to client]{"seq":0,"type":"event","event":"initialized"}
2026-11-29T17:44:14Z debug layer=dap [-> to client]{"seq":0,"type":"response","request_seq":2,"success":true,"command":"launch"}
2026-11-29T17:44:14Z debug layer=dap [<- from client]{"seq":3,"type":"request","command":"setBreakpoints","arguments":{"source":{"path":"/nowhere/x.go"},"breakpoints":[{"line":7},{"line":8}]}}
2026-11-29T17:44:14Z debug layer=dap [-> to client]{"seq":0,"type":"response","request_seq":3,"success":true,"command":"setBreakpoints","body":{"breakpoints":[{"verified":false,"message":"could not find file /nowhere/x.go"},{"id":4,"verified":true,"line":9}]}}
2026-11-29T17:44:15Z debug layer=dap [-> to client]{"seq":0,"type":"event","event":"stopped","body":{"reason":"breakpoint","threadId":1,"allThreadsStopped":true}}
2026-11-29T17:44:15Z debug layer=dap [-> to client]{"seq":0,"type":"event","event":"output","body":{"category":"stdout","output":"hello\n"}}
2026-11-29T17:44:16Z debug layer=dap [<- from client]{"seq":4,"type":"request","command":"evaluate","arguments":{"expression":"nosuch"}}
2026-11-29T17:44:16Z debug layer=dap [-> to client]{"seq":0,"type":"response","request_seq":4,"success":false,"command":"evaluate","message":"Unable to evaluate","body":{"error":{"id":2009,"format":"Unable to evaluate expression: nosuch"}}}
2026-11-29T17:44:17Z debug layer=dap [<- from client]{"seq":5,"type":"request","command":"variables","arguments":{"variablesReference":1}}
)";

TEST(DapLog, OfDlvTellsWhatWasAskedAndAnswered)
{
    const DapReport report = read(kDlv);
    EXPECT_EQ(report.client, "vscode");
    EXPECT_EQ(report.messages, 12U);
    EXPECT_TRUE(report.whole_seconds);
    ASSERT_EQ(report.requests.size(), 5U);
    EXPECT_EQ(report.requests[1].subject, "exec /tmp/leak");
    EXPECT_DOUBLE_EQ(*report.requests[1].took_s, 1);
    EXPECT_FALSE(report.requests[3].success);
    EXPECT_EQ(report.requests[3].message, "Unable to evaluate expression: nosuch");
    ASSERT_EQ(report.breakpoints.size(), 2U);
    EXPECT_EQ(report.breakpoints[0].place, "x.go:7");
    EXPECT_FALSE(report.breakpoints[0].verified);
    EXPECT_EQ(report.breakpoints[0].message, "could not find file /nowhere/x.go");
    EXPECT_TRUE(report.breakpoints[1].verified);
    EXPECT_EQ(report.breakpoints[1].line, 9);
    ASSERT_EQ(report.stops.size(), 1U);
    EXPECT_EQ(report.stops[0].reason, "breakpoint");
    EXPECT_DOUBLE_EQ(*report.first_stop_s, 2);
    EXPECT_EQ(report.output_bytes, 6U);
    ASSERT_EQ(report.unanswered().size(), 1U);
    const std::string text = dap_text(report);
    EXPECT_THAT(text, HasSubstr("the client waits for variables (request 5)"));
    EXPECT_THAT(text, HasSubstr("NOT verified: could not find file"));
    EXPECT_TRUE(parse_json(dap_json(report)));
}

TEST(DapLog, OthersAreReadToo)
{
    constexpr std::string_view kRequest =
        R"({"seq":1,"type":"request","command":"initialize","arguments":{"clientID":"x"}})";
    constexpr std::string_view kResponse =
        R"({"type":"response","request_seq":1,"success":true,"command":"initialize","seq":2})";
    const std::string request(kRequest), response(kResponse);
    const std::string pretty = "{\n  \"command\": \"initialize\",\n  \"arguments\": {\n    \"clientID\": \"x\"\n  },\n"
                               "  \"seq\": 1,\n  \"type\": \"request\"\n}";
    for (const std::string &log : {
             "READ: <<<" + request + ">>>\nWROTE: <<<" + response + ">>>\n",                    // gdb
             "1: (1234) <--   C (initialize-1): " + request + "\n1: (1235) --> R: " + response, // cppdbg
             "From client: initialize(" + request + ")\nTo client: " + response + "\n",         // VS Code Go
             "--> \nContent-Length: 93\n\n" + pretty + "\n<-- \nContent-Length: 80\r\n\r\n" + response +
                 "\n",                                                                                   // lldb-vscode
             "1732902253.123456 (stdio) --> " + request + "\n1732902253.223456 (stdio) <-- " + response, // lldb-dap
             request + "\r\n" + response + "\r\n",
         }) {
        const DapReport report = read(log);
        ASSERT_EQ(report.requests.size(), 1U) << log;
        EXPECT_TRUE(report.requests[0].success) << log;
        EXPECT_EQ(report.client, "x") << log;
    }
}

TEST(DapLog, TimesAreThoseOfTheLine)
{
    EXPECT_EQ(time_of("1970-01-02T00:00:01Z debug"), 86401.0);
    EXPECT_EQ(time_of("[ DEBUG ] 1970-01-01T01:00:00.5+01:00 ]"), 0.5);
    EXPECT_EQ(time_of("1970/01/01 00:00:07 x"), 7.0);
    EXPECT_EQ(time_of("123.500 (stdio) -->"), 123.5);
    for (const char *line : {"1: (1234) --> E", "seq 7", "", "listening at 127.0.0.1:4040", "2026-13-01T00:00:00Z",
                             "{\"at\":\"2026-01-01T00:00:00Z\"}", "99999999999999999999.5 x"})
        EXPECT_FALSE(time_of(line)) << line;
}

TEST(DapLog, ANewClientBeginsAnew)
{
    const DapReport report = read(R"({"seq":1,"type":"request","command":"initialize"}
{"seq":2,"type":"request","command":"launch"}
{"seq":1,"type":"request","command":"initialize"}
{"seq":0,"type":"response","request_seq":2,"success":true,"command":"launch"}
)");
    EXPECT_EQ(report.requests.size(), 3U);
    EXPECT_EQ(report.unanswered().size(), 3U) << "an answer of another client's is none";
}

TEST(DapLog, ABreakpointThatIsVerifiedLaterIs)
{
    const DapReport report = read(
        R"({"seq":1,"type":"request","command":"setBreakpoints","arguments":{"source":{"path":"a.c"},"breakpoints":[{"line":1}]}}
{"type":"response","request_seq":1,"success":true,"command":"setBreakpoints","body":{"breakpoints":[{"id":3,"verified":false}]}}
{"type":"event","event":"breakpoint","body":{"reason":"changed","breakpoint":{"id":3,"verified":true,"line":2}}}
)");
    ASSERT_EQ(report.breakpoints.size(), 1U);
    EXPECT_TRUE(report.breakpoints[0].verified);
    EXPECT_EQ(report.breakpoints[0].line, 2);
}

TEST(DapLog, HostileLogsAreBounded)
{
    for (const char *text :
         {"", "hello\n", "{}\n", "{\"type\":\"request\"}\n", "{\"type\":\"event\",\"event\":7}\n", "{{{{{{\n"})
        EXPECT_FALSE(read_dap_log(text)) << text;
    std::string braces;
    for (int i = 0; i < 20'000; ++i)
        braces += "{\n";
    EXPECT_FALSE(read_dap_log(braces));
    std::string many;
    for (std::size_t i = 0; i < kMaxDap + 5; ++i)
        many += "{\"type\":\"request\",\"command\":\"x\",\"seq\":-1}\n";
    EXPECT_EQ(read(many).left_out, 5U);
    const DapReport odd =
        read("{\"type\":\"request\",\"command\":\"\x1b[2Jevaluate\",\"seq\":9223372036854775807,\"arguments\":[]}\n"
             "{\"type\":\"response\",\"command\":\"y\",\"request_seq\":\"x\",\"success\":1,\"body\":[]}\n"
             "{\"type\":\"request\",\"command\":\"evaluate\",\"seq\":1,\"arguments\":{\"expression\":\"" +
             std::string(5000, 'e') + "\xc3\xa9\"}}\n");
    const std::string text = dap_text(odd);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_LT(text.size(), 1500U);
}

} // namespace
} // namespace dbgscope
