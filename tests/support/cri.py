# SPDX-License-Identifier: Apache-2.0
"""A client of the Container Runtime Interface, which Kubernetes' kubelet speaks: as much as one pod takes.

Debian has no crictl. The numbers are those of the fields in runtime/v1/api.proto.
"""

import contextlib

import grpc

SOCKET = "unix:///run/containerd/containerd.sock"
POD, CONTAINER, NODE, TARGET = range(4)  # NamespaceMode


def _varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def message(fields):
    """{number: value} as protobuf: an int, a text, bytes, a dict (a message), or a list of these."""
    out = b""
    for number, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int):
                out += _varint(number << 3) + _varint(one)
                continue
            data = message(one) if isinstance(one, dict) else one.encode() if isinstance(one, str) else one
            out += _varint(number << 3 | 2) + _varint(len(data)) + data
    return out


def fields_of(data):
    """{number: the last value}: an int or bytes."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
    while at < len(data):
        key = number()
        value = number()
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        found[key >> 3] = value
    return found


class Runtime:
    def __init__(self):
        self._channel = grpc.insecure_channel(SOCKET)

    def call(self, verb, fields, timeout=200):
        method = self._channel.unary_unary(f"/runtime.v1.RuntimeService/{verb}")
        return fields_of(method(message(fields), timeout=timeout))

    @contextlib.contextmanager
    def pod(self, name, handler=""):
        """A pod on the node's network, which needs no plug-in: (its id, its configuration). handler: of containerd's runtimes."""
        config = {1: {1: name, 2: name, 3: "default"}, 8: {1: "pods.slice" if handler else "", 2: {1: {1: NODE, 2: CONTAINER}}}}
        pod = self.call("RunPodSandbox", {1: config, 2: handler})[1].decode()
        try:
            yield pod, config
        finally:
            self.call("StopPodSandbox", {1: pod})
            self.call("RemovePodSandbox", {1: pod})

    def container(self, pod, name, image, command, mounts=(), limit=0, target="", capabilities=(), user=0):
        """Starts one. mounts: (source, place, read-only). target: of the container whose processes it shares."""
        namespaces = {1: NODE, 2: TARGET if target else CONTAINER, **({4: target} if target else {})}
        security = {3: namespaces, **({5: {1: user}} if user else {}), **({1: {1: list(capabilities)}} if capabilities else {})}
        linux = {2: security, **({1: {4: limit}} if limit else {})}
        config = {1: {1: name}, 2: {1: image}, 3: list(command), 5: "/data", 15: linux,
                  6: {1: "KUBERNETES_SERVICE_HOST", 2: "10.96.0.1"},  # as a kubelet sets it
                  7: [{1: place, 2: str(source), 3: int(read_only)} for source, place, read_only in mounts]}
        made = self.call("CreateContainer", {1: pod[0], 2: config, 3: pod[1]})[1].decode()
        self.call("StartContainer", {1: made})
        return made

    def execute(self, container, *command):
        """(status, standard output, standard error)"""
        found = self.call("ExecSync", {1: container, 2: [str(word) for word in command], 3: 180})
        return found.get(3, 0), found.get(1, b"").decode(), found.get(2, b"").decode()
