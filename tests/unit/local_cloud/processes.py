"""The local cloud's processes and sockets, seen through /proc."""

import re
import time
from pathlib import Path

from local_cloud.process import LocalCloud
from tests.unit.local_cloud.deployment import Deployment

LOOPBACK = "0100007F"  # 127.0.0.1 in /proc's hexadecimal


def processes(directory: Path) -> list[int]:
    """The ids of processes that were started from `directory`: their scratch folder is in it."""
    pids = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"TMPDIR={directory}".encode() in (entry / "environ").read_bytes():
                pids.append(int(entry.name))
        except OSError:
            continue  # it has ended, or belongs to another user
    return pids


def listening_addresses(pids: list[int]) -> set[str]:
    """The local addresses, in /proc's hexadecimal, that the processes listen on."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes |= set(re.findall(r"socket:\[(\d+)\]", str(descriptor.readlink())))
            except OSError:
                continue  # it has been closed
    addresses = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            listens = fields[3] == "0A" or table.startswith("udp")
            if listens and fields[9] in inodes:
                addresses.add(fields[1].partition(":")[0])
    return addresses


def all_ended(directory: Path) -> bool:
    """Whether every process that was started from `directory` ends within five seconds."""
    deadline = time.monotonic() + 5
    while processes(directory) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not processes(directory)


def start_lambda_worker(cloud: LocalCloud) -> None:
    """Invokes a function, whose worker then stays warm: a process that could outlive the cloud."""
    deployment = Deployment(cloud)
    deployment.create_function("def handler(event, context): return event")
    deployment.functions.invoke(FunctionName=deployment.name, Payload="{}")
