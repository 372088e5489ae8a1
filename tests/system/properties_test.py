# SPDX-License-Identifier: Apache-2.0
"""`-p NAME=VALUE` leads to what systemd-run makes of the same assignment, on a real manager."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tap
from scope_runs import by_dbgscope, by_systemd_run, options

# What `systemctl show` calls the result, where it is not the name itself.
SHOWN = {
    "CPUQuota": "CPUQuotaPerSecUSec", "CPUQuotaPeriodSec": "CPUQuotaPeriodUSec", "Delegate": "Delegate,DelegateControllers",
    "IODeviceLatencyTargetSec": "IODeviceLatencyTargetUSec", "TimeoutStopSec": "TimeoutStopUSec",
    "RuntimeMaxSec": "RuntimeMaxUSec", "RuntimeRandomizedExtraSec": "RuntimeRandomizedExtraUSec",
    "JobRunningTimeoutSec": "JobRunningTimeoutUSec", "StartLimitIntervalSec": "StartLimitIntervalUSec",
}

# Every kind of value of every property that systemd-run 252 takes for a scope.
SAME_AS_SYSTEMD_RUN = """\
MemoryMax=512M
MemoryMax=1.5G
MemoryMax=1G 512M
MemoryMax=50%
MemoryMax=12.34%
MemoryMax=infinity
MemoryMax=
MemoryHigh=33%
MemoryLow=64M
MemoryLow=
MemoryMin=1%
MemorySwapMax=0
MemorySwapMax=1G
MemoryLimit=1G
DefaultMemoryLow=1M
DefaultMemoryMin=
TasksMax=100
TasksMax=10%
TasksMax=infinity
CPUWeight=500
CPUWeight=idle
CPUWeight=
StartupCPUWeight=20
CPUShares=1024
StartupCPUShares=2
CPUQuota=20%
CPUQuota=12.5%
CPUQuota=250%
CPUQuota=
CPUQuotaPeriodSec=10ms
CPUQuotaPeriodSec=
AllowedCPUs=0-1
AllowedCPUs=0,3 9-11
AllowedCPUs=
StartupAllowedCPUs=1
AllowedMemoryNodes=0
StartupAllowedMemoryNodes=0
IOWeight=200
StartupIOWeight=1
IODeviceWeight=/dev/null 300
IOReadBandwidthMax=/dev/null 10M
IOWriteBandwidthMax=/dev/null 1.5K
IOReadIOPSMax=/dev/null 100
IOWriteIOPSMax=/dev/null 7
IOWriteIOPSMax=/dev/null infinity
IODeviceLatencyTargetSec=/dev/null 25ms
BlockIOWeight=10
StartupBlockIOWeight=1000
BlockIODeviceWeight=/dev/null 300
BlockIOReadBandwidth=/dev/null 5M
BlockIOWriteBandwidth=/dev/null 5M
CPUAccounting=yes
MemoryAccounting=off
IOAccounting=T
BlockIOAccounting=1
TasksAccounting=no
IPAccounting=true
Delegate=yes
Delegate=no
Delegate=cpu memory
Delegate=
DisableControllers=io cpuset
DevicePolicy=strict
DeviceAllow=/dev/null rw
DeviceAllow=/dev/null
DeviceAllow=char-pts rwm
DeviceAllow=
IPAddressAllow=10.0.0.0/8 192.168.1.7 fe80::/10 ::1
IPAddressAllow=any
IPAddressDeny=localhost
IPAddressDeny=link-local
IPAddressAllow=multicast
IPAddressDeny=
SocketBindAllow=ipv4:tcp:8000-8010
SocketBindAllow=udp:53
SocketBindAllow=ipv6:1-65535
SocketBindDeny=any
SocketBindDeny=tcp
IPIngressFilterPath=
BPFProgram=egress:/sys/fs/bpf/none
ManagedOOMSwap=kill
ManagedOOMMemoryPressure=kill
ManagedOOMMemoryPressureLimit=60.5%
ManagedOOMPreference=avoid
OOMPolicy=kill
OOMPolicy=stop
TimeoutStopSec=2min 30s
TimeoutStopSec=infinity
TimeoutStopSec=0
RuntimeMaxSec=1.5h
RuntimeMaxSec=infinity
RuntimeRandomizedExtraSec=5
KillMode=mixed
KillSignal=SIGINT
KillSignal=RTMIN+3
KillSignal=10
FinalKillSignal=ABRT
RestartKillSignal=IO
WatchdogSignal=RTMAX-1
SendSIGHUP=yes
SendSIGKILL=no
Slice=dbgscopetest.slice
Description=a "quoted" = text
Description=
Documentation=https://example.org/a man:ls(1)
CollectMode=inactive-or-failed
DefaultDependencies=no
After=basic.target "sysinit.target"
Before=shutdown.target
Wants=basic.target
Requires=basic.target
Requisite=basic.target
BindsTo=basic.target
PartOf=basic.target
Upholds=basic.target
Conflicts=none.target
OnFailure=none.target
OnSuccess=none.target
PropagatesReloadTo=basic.target
ReloadPropagatedFrom=basic.target
PropagatesStopTo=none.target
StopPropagatedFrom=basic.target
JoinsNamespaceOf=basic.target
RequiresMountsFor=/tmp /var
JobRunningTimeoutSec=30
FailureAction=none
SuccessActionExitStatus=7
SuccessActionExitStatus=
FailureActionExitStatus=0
StartLimitIntervalSec=5
StartLimitBurst=3
StopWhenUnneeded=no
RefuseManualStop=yes
IgnoreOnIsolate=no
OnFailureJobMode=fail
RebootArgument=x
SourcePath=/tmp/x
User=nobody
Group=1000
""".splitlines()

# Bad for systemd-run and for dbgscope, which does not ask the manager first.
REFUSED_BY_BOTH = """\
MemoryMax=12Q
MemoryMax=-1
MemoryMax=0
MemoryMax=101%
MemoryMax=99999999999999999999
TasksMax=1K
CPUWeight=0
CPUWeight=10001
CPUQuota=0%
CPUQuota=20
AllowedCPUs=9999999
IODeviceWeight=/dev/null
Delegate=ture
IPAddressAllow=10.0.0.0/33
SocketBindAllow=0
ManagedOOMPreference=maybe
OOMPolicy=never
KillSignal=NOPE
TimeoutStopSec=
TimeoutStopSec=5 parsecs
ConditionPathExist=/
NFTSet=cgroup:inet:t
Slice=notaslice
CollectMode=never
After="open
SuccessActionExitStatus=256
RequiredBy=basic.target
Restart=always
ProtectSystem=strict
UMask=077
Nonsense=1
NoAssignment
""".splitlines()

# Legal since a later systemd: whatever this one's systemd-run says, the scope starts.
NEWER = """\
MemoryZSwapMax=1G
OOMRules=first second
MemoryZSwapWriteback=no
StartupMemoryMax=2G
StartupMemoryHigh=40%
MemoryPressureWatch=skip
MemoryPressureThresholdSec=200ms
ManagedOOMMemoryPressureDurationSec=30s
DelegateSubgroup=pay
CoredumpReceive=yes
SurviveFinalKillSignal=no
WantsMountsFor=/tmp
""".splitlines()

# For services systemd applies these itself; `run -p` must do the very same to the command.
LAUNCH = """\
LimitAS=2G
LimitCORE=0:infinity
LimitCPU=1500ms:1min
LimitDATA=1G:2G
LimitFSIZE=infinity
LimitLOCKS=5:6
LimitMEMLOCK=64K
LimitMSGQUEUE=64K
LimitNOFILE=512:1024
LimitNPROC=1000
LimitRSS=1G
LimitRTTIME=500:2ms
LimitSIGPENDING=99
LimitSTACK=1M:2M
Nice=7
OOMScoreAdjust=321
Environment=DBGA=1 "DBGB=2 3" DBGC=a\\tb\\x41
WorkingDirectory=/usr
""".splitlines()
# These start at 0, and only CAP_SYS_RESOURCE raises them.
RAISED = ["LimitNICE=-5", "LimitNICE=+5", "LimitNICE=40", "LimitRTPRIO=3"]
CAP_SYS_RESOURCE = 24
LOOK = "cat /proc/self/limits /proc/self/oom_score_adj; nice; pwd; env | grep ^DBG[ABC]= | sort"


def name(assignment):
    return assignment.split("=")[0]


def batches(assignments):
    """Lists without a name twice: one scope shows many properties (a launch takes seconds in an emulated VM)."""
    left = list(assignments)
    while left:
        batch = list({name(a): a for a in reversed(left)}.values())
        left = [a for a in left if a not in batch]
        yield batch


def known_to_systemd_run(assignments):
    """Without those that a later systemd has taken out, as it did with BlockIO…"""
    known = list(assignments)
    while known:
        error = by_systemd_run("known.scope", known, ["true"]).stderr
        unknown = re.search(r"Unknown assignment: (.*)", error)
        if not unknown:
            return known
        known.remove(unknown.group(1))
    return known


def result_of(run, unit, assignments):
    """What the manager says, by name; words sorted, as dependencies and interfaces come in the order of a hash table.
    The unit file it wrote has User= and Group=, which `systemctl show` leaves out."""
    shown = ",".join(SHOWN.get(name(a), name(a)) for a in assignments)
    result = run(unit, assignments, ["sh", "-c", f"systemctl show --property={shown} {unit};"
                                     f"grep -rhE '^(User|Group)=' /run/systemd/transient/{unit}* || :"])
    if result.rc != 0:
        tap.fail(f"{run.__name__} {assignments} ended with {result.rc}: {result.stderr}")
    lines = result.stdout.replace(unit, "UNIT").splitlines()
    return {name(line): sorted(line.partition("=")[2].split()) for line in lines}


@tap.test("pidns", "vm:v2", "vm:hybrid", user="root", timeout=120)
def same_as_systemd_run():
    different = []
    unseen = set(map(name, SAME_AS_SYSTEMD_RUN))
    for number, batch in enumerate(batches(SAME_AS_SYSTEMD_RUN)):
        batch = batch if tap.debian_version() == "12" else known_to_systemd_run(batch)
        theirs = result_of(by_systemd_run, f"reference-{number}.scope", batch)
        ours = result_of(by_dbgscope, f"own-{number}.scope", batch)
        different += [f"{key} of {batch}: systemd-run {theirs.get(key)}, dbgscope {ours.get(key)}"
                      for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key)]
        unseen -= {a for a in unseen if set(SHOWN.get(a, a).split(",")) & ours.keys()}
    tap.true(not different, "\n".join(different))
    if tap.debian_version() == "12":
        tap.equal(unseen, set(), "properties that never showed up")


@tap.test("pidns", user="root")
def refuses_what_systemd_run_refuses():
    different = []
    for assignment in REFUSED_BY_BOTH:
        theirs = by_systemd_run("reference.scope", [assignment], ["true"])
        ours = by_dbgscope("own.scope", [assignment], ["true"])
        if theirs.rc == 0 or ours.rc != 125 or name(assignment) not in ours.stderr:
            different.append(f"-p {assignment}\n    systemd-run: {theirs}\n    dbgscope:    {ours}")
    tap.true(not different, "\n".join(different))


@tap.test("pidns", "vm:v2", user="root")
def newer_properties_do_not_stop_the_launch():
    result = by_dbgscope("newer.scope", NEWER, ["echo", "started"])
    tap.equal((result.rc, result.stdout), (0, "started\n"), result.stderr)


@tap.test("pidns", user="root")
def interfaces_reach_the_manager():
    """systemd-run cannot say this one, a scope has it."""
    for number, (value, expected) in enumerate([("lo eth0", ["eth0", "lo"]), ("~lo", ["~lo"]), ("", ["~"])]):
        seen = result_of(by_dbgscope, f"interfaces-{number}.scope", [f"RestrictNetworkInterfaces={value}"])
        tap.equal(seen, {"RestrictNetworkInterfaces": expected})


def may_raise_limits():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"^CapEff:\s*(\w+)", status, re.M).group(1), 16) >> CAP_SYS_RESOURCE & 1


def as_service(*words):
    """A service ends before its start job does when it is a oneshot: no bus is needed to wait for it."""
    output = pathlib.Path("/run/dbgscope-test-output")
    output.unlink(missing_ok=True)
    result = tap.run(["systemd-run", "-q", "--collect", "--service-type=oneshot", f"-pStandardOutput=file:{output}",
                      f"-pStandardError=append:{output}", *words])
    return result.rc, output.read_text() if output.exists() else result.stderr


@tap.test("pidns", "vm:v2", user="root", timeout=120)
def applied_as_to_a_service():
    """Both start from the manager's own limits: dbgscope runs inside a service without any."""
    for number, batch in enumerate(batches(LAUNCH + (RAISED if may_raise_limits() else []))):
        if not any(a.startswith("WorkingDirectory") for a in batch):
            batch.append("WorkingDirectory=/")
        theirs = as_service(*options(batch), "--", "sh", "-c", LOOK)
        ours = as_service("--", tap.dbgscope, "run", "-q", "--backend=systemd-system", "--require=scope",
                          f"--unit=applied-{number}.scope", *options(batch), "--", "sh", "-c", LOOK)
        tap.equal(theirs[0], 0, theirs[1])
        tap.equal(ours, theirs, f"{batch}")


if __name__ == "__main__":
    tap.main()
