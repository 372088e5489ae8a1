// SPDX-License-Identifier: Apache-2.0
#include "tools/editor/devcontainer.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>

namespace dbgscope {
namespace {

Edited edited(std::string_view text, const DevcontainerWish &wish = {})
{
    auto done = edit_devcontainer(text, "devcontainer.json", wish);
    EXPECT_TRUE(done) << to_line(done.error());
    if (!done)
        return {};
    EXPECT_EQ(edit_devcontainer(done->text, "devcontainer.json", wish)->text, done->text)
        << "a second time changes nothing";
    return *done;
}

std::string refusal(std::string_view text)
{
    const auto done = edit_devcontainer(text, "devcontainer.json", {});
    return done ? "accepted" : to_line(done.error());
}

bool has_note(const Edited &edited, std::string_view part)
{
    for (const std::string &note : edited.notes)
        if (note.contains(part))
            return true;
    return false;
}

TEST(Devcontainer, WhatIsMissingIsAddedAndNothingElseTouched)
{
    EXPECT_EQ(edited("{\n\t// ours\n\t\"image\": \"golang\", /* newest */\n}\n").text,
              "{\n\t// ours\n\t\"image\": \"golang\", /* newest */\n\t\"runArgs\": [\n\t\t\"--cap-add=SYS_PTRACE\",\n"
              "\t\t\"--security-opt=writable-cgroups=true\"\n\t],\n}\n");
    EXPECT_EQ(edited(R"({"image": "x", "runArgs": ["--init" /* mine */], "name": "y"})").text,
              R"({"image": "x", "runArgs": ["--init", /* mine */ "--cap-add=SYS_PTRACE", )"
              R"("--security-opt=writable-cgroups=true"], "name": "y"})");
    EXPECT_EQ(edited(R"({"runArgs": ["--init"]})", {.podman = true}).text,
              R"({"runArgs": ["--init", "--cap-add=SYS_PTRACE", "--security-opt=unmask=/sys/fs/cgroup"]})");
}

TEST(Devcontainer, WhatIsThereInAnySpellingIsEnough)
{
    for (const char *text : {R"({"runArgs": ["--cap-add", "sys_ptrace", "--security-opt", "writable-cgroups=true"]})",
                             R"({"capAdd": ["CAP_SYS_PTRACE"], "securityOpt": ["writable-cgroups=true"]})",
                             R"({"capAdd": ["ALL"], "runArgs": ["--security-opt=writable-cgroups=true"]})",
                             R"({"capAdd": ["SYS_PTRACE"], "securityOpt": ["writable-cgroups"]})",
                             R"({"runArgs": ["--cap-add=SYS_PTRACE", "--security-opt", "writable-cgroups:1"]})",
                             R"({"privileged": true})", R"({"runArgs": ["--privileged"]})"})
        EXPECT_EQ(edited(text).text, text);
    for (const char *text : {R"({"runArgs": ["--cap-add=ALL", "--security-opt=unmask=/proc/acpi:/sys/fs/cgroup"]})",
                             R"({"runArgs": ["--cap-add=NET_ADMIN,SYS_PTRACE", "--security-opt=unmask=all"]})"})
        EXPECT_EQ(edited(text, {.podman = true}).text, text);
    EXPECT_TRUE(has_note(edited(R"({"privileged": true})"), "privileged: nothing more is needed"));
    const Edited off = edited(R"({"capAdd": ["ALL"], "securityOpt": ["writable-cgroups=false"]})");
    EXPECT_EQ(off.text, R"({"capAdd": ["ALL"], "securityOpt": ["writable-cgroups=false"]})") << "somebody's decision";
    for (const char *option : {"writable-cgroups=false", "writable-cgroups=0", "writable-cgroups:F"})
        EXPECT_TRUE(has_note(edited(fmt::format(R"({{"capAdd": ["ALL"], "securityOpt": ["{}"]}})", option)),
                             fmt::format("{} stands there, and is left as it is", option)));
    EXPECT_NE(edited(R"({"securityOpt": ["writable-cgroups-not=1"]})").text.find("writable-cgroups=true"),
              std::string::npos);
    EXPECT_NE(edited(R"({"runArgs": ["--cap-add=ALL", "--security-opt=unmask=/proc/acpi"]})", {.podman = true})
                  .text.find("unmask=/sys/fs/cgroup"),
              std::string::npos);
    EXPECT_NE(edited(R"({"capAdd": ["SYS_ADMIN"]})").text.find("SYS_PTRACE"), std::string::npos);
}

/// Seen in Docker 28.5: on cgroup v2 a writable cgroup is of the user that the container is started as.
TEST(Devcontainer, CgroupsAreOfTheUserItIsStartedAs)
{
    EXPECT_TRUE(
        has_note(edited(R"({"remoteUser": "dev"})"), "only containerUser (on cgroup v1 root) can make cgroups"));
    EXPECT_TRUE(has_note(edited(R"({"remoteUser": "dev", "containerUser": "root"})"), "only containerUser"));
    for (const char *same : {R"({"containerUser": "dev"})", R"({"remoteUser": "dev", "containerUser": "dev"})"})
        EXPECT_TRUE(has_note(edited(same), "on a machine with cgroup v1 root alone can make cgroups")) << same;
    EXPECT_FALSE(has_note(edited(R"({"remoteUser": "root"})"), "can make cgroups"));
    EXPECT_TRUE(has_note(edited("{}"), "userns-remap starts neither"));
}

TEST(Devcontainer, ComposeReadsNoRunArgs)
{
    EXPECT_EQ(edited(R"({"dockerComposeFile": "c.yml", "service": "s", "runArgs": ["--privileged"]})").text,
              R"({"dockerComposeFile": "c.yml", "service": "s", "runArgs": ["--privileged"], )"
              R"("capAdd": ["SYS_PTRACE"], "securityOpt": ["writable-cgroups=true"]})");
    EXPECT_EQ(edited(R"({"dockerComposeFile": "c.yml"})", {.privileged = true}).text,
              R"({"dockerComposeFile": "c.yml", "privileged": true})");
}

TEST(Devcontainer, PrivilegedIsAllThatIsNeeded)
{
    const Edited whole = edited("{\"privileged\": false, \"image\": \"x\"}", {.privileged = true});
    EXPECT_EQ(whole.text, "{\"privileged\": true, \"image\": \"x\"}");
    EXPECT_TRUE(has_note(whole, "hardly kept apart"));
    for (const char *name : {"ghcr.io/devcontainers/features/docker-in-docker:2", "./docker-in-docker",
                             "ghcr.io/x/docker-in-docker@sha256:00"}) {
        const std::string text = fmt::format(R"({{"image": "x", "features": {{"{}": {{}}}}}})", name);
        EXPECT_EQ(edited(text).text, text);
        EXPECT_TRUE(has_note(edited(text), "docker-in-docker makes the container privileged"));
    }
    EXPECT_NE(edited(R"({"features": {"ghcr.io/devcontainers/features/docker-outside-of-docker:1": {}}})")
                  .text.find("SYS_PTRACE"),
              std::string::npos);
}

TEST(Devcontainer, TheUserWhoGainsNothingIsNamed)
{
    EXPECT_TRUE(has_note(edited(R"({"remoteUser": "vscode"})"), "for user vscode"));
    EXPECT_TRUE(has_note(edited(R"({"containerUser": "node"})"), "for user node"));
    EXPECT_TRUE(has_note(edited("{}"), "for another user")) << "the image may name one";
    EXPECT_FALSE(has_note(edited(R"({"remoteUser": "root"})"), "root alone"));
    EXPECT_TRUE(has_note(edited("{}"), "Docker before 28"));
    EXPECT_FALSE(has_note(edited("{}", {.podman = true}), "Docker before 28"));
    EXPECT_TRUE(has_note(edited("{}", {.podman = true}), "with cgroup v1 podman's unmask changes nothing"));
}

TEST(Devcontainer, WhatItCannotUnderstandIsRefused)
{
    EXPECT_EQ(refusal("[]"), "devcontainer.json:1:1: devcontainer.json holds an object (change it by hand)");
    EXPECT_EQ(refusal("// nothing\n"), "devcontainer.json:1:1: devcontainer.json holds an object (change it by hand)");
    EXPECT_EQ(refusal(R"({"runArgs": "--privileged"})"),
              "devcontainer.json:1:13: \"runArgs\" is no list (change it by hand)");
    EXPECT_NE(refusal(R"({"runArgs": [)"), "accepted");
}

} // namespace
} // namespace dbgscope
