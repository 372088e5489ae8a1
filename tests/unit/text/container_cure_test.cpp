// SPDX-License-Identifier: Apache-2.0
#include "text/container_cure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbgscope {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr CgroupMaker kRoot{};
constexpr CgroupMaker kUser{.uid = 1000};
constexpr CgroupMaker kUserOnV1{.uid = 1000, .version = 1};

/// Seen in Docker 28.5 with runc 1.3.6: of `--user 1000` on v2, of nobody but root on v1 and after `docker exec --user
/// 1000`.
TEST(ContainerCure, AWritableCgroupIsOfSomebody)
{
    EXPECT_THAT(writable_cgroupfs_cure("docker", kRoot), EndsWith("or --privileged"));
    EXPECT_THAT(writable_cgroupfs_cure("docker", kUser), EndsWith("for the user the container is started as"));
    EXPECT_THAT(writable_cgroupfs_cure("docker", kUserOnV1), EndsWith("for root alone"));
    EXPECT_THAT(writable_cgroupfs_cure("podman", kUser),
                EndsWith("for root, by runc with systemd's driver for the user the container is started as"));
    EXPECT_THAT(writable_cgroupfs_cure("podman", kUserOnV1), EndsWith("for root alone"));
    EXPECT_THAT(writable_cgroupfs_cure("devcontainer", kUser),
                EndsWith("for containerUser, not for another remoteUser"));
    EXPECT_THAT(writable_cgroupfs_cure("lxc", kUser), EndsWith("for root alone"));
    EXPECT_THAT(writable_cgroupfs_cure("bubblewrap", kUser), Not(HasSubstr("root alone")));
    EXPECT_EQ(writable_cgroupfs_cure("", kUser), "");
}

TEST(ContainerCure, WhoMayNotMakeCgroupsIsToldHow)
{
    EXPECT_EQ(own_cgroup_cure("docker", kRoot), "");
    EXPECT_EQ(own_cgroup_cure("docker", kUser), "run as root, or start the container as this user");
    EXPECT_EQ(own_cgroup_cure("devcontainer", kUser),
              "run as root, or name this user as containerUser in devcontainer.json");
    EXPECT_EQ(own_cgroup_cure("docker", kUserOnV1), "run as root, or inside a delegated cgroup");
    EXPECT_EQ(own_cgroup_cure("", kUser), "run as root, or inside a delegated cgroup");
}

TEST(ContainerCure, LxcAttachComesWithoutAController)
{
    EXPECT_THAT(controller_cure("lxc"), EndsWith("echo $$ > /sys/fs/cgroup/cgroup.procs"));
    EXPECT_EQ(controller_cure("docker"), "");
}

/// Seen with ctr of containerd 2.1: its containers have no /sys/fs/cgroup at all, with --privileged neither.
TEST(ContainerCure, WhatMountsNoCgroupIsToldToMountOne)
{
    EXPECT_THAT(mounted_cgroupfs_cure("containerd"), HasSubstr("--mount type=cgroup,src=cgroup,dst=/sys/fs/cgroup"));
    EXPECT_THAT(mounted_cgroupfs_cure("chroot"), HasSubstr("mount --rbind"));
    EXPECT_EQ(mounted_cgroupfs_cure("docker"), "");
}

TEST(ContainerCure, NoOptionOfAnotherRuntime)
{
    EXPECT_EQ(ptrace_cure("docker"), "--cap-add=SYS_PTRACE");
    EXPECT_THAT(ptrace_cure("kubernetes"), Not(HasSubstr("--cap-add")));
    EXPECT_THAT(ptrace_cure("containerd"), HasSubstr("--cap-add=CAP_SYS_PTRACE")); // ctr refuses it without "CAP_"
    EXPECT_EQ(machines_cgroups_cure("docker"), "--cgroupns=host");
    EXPECT_EQ(machines_cgroups_cure("kubernetes"), "");
    EXPECT_EQ(limits_inquiry("docker"), "docker inspect");
    EXPECT_THAT(limits_inquiry("lxc"), HasSubstr("lxc-cgroup"));
    EXPECT_EQ(limits_inquiry("bubblewrap"), "");
}

} // namespace
} // namespace dbgscope
