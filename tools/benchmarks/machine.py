"""What the machine and its processes say of themselves in /proc."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROC = Path("/proc")
UNKNOWN_PROCESSOR = "unknown processor"


@dataclass(frozen=True, slots=True)
class Machine:
    processor: str
    cores: int
    memory_mib: int
    kernel: str
    python: str
    load_average: float
    """Of the last 15 minutes: what else the machine was doing."""

    @classmethod
    def this(cls) -> Self:
        """The one that this runs on."""
        memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        cpuinfo = (PROC / "cpuinfo").read_text(encoding="utf-8")
        kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
        return cls(
            processor=processor_in(cpuinfo),
            cores=os.cpu_count() or 1,
            memory_mib=memory_bytes // 2**20,
            kernel=kernel,
            python=platform.python_version(),
            load_average=os.getloadavg()[2],
        )


def processor_in(cpuinfo: str) -> str:
    """The model's name in /proc/cpuinfo: `model name` on a PC, `Model` on a Raspberry Pi."""
    for key in ("model name", "Model", "Hardware"):
        found = re.search(rf"^{key}\s*:\s*(.+)$", cpuinfo, re.MULTILINE)
        if found:
            return found[1].strip()
    return UNKNOWN_PROCESSOR


def cpu_seconds(pid: int) -> float:
    """User and system time so far; OSError when the process is gone."""
    fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """RSS: everything mapped and present, shared pages counted in full."""
    return _kib_of(PROC / str(pid) / "status", "VmRSS") / 1024


def proportional_mib(pid: int) -> float:
    """PSS: shared pages divided among those that share them."""
    return _kib_of(PROC / str(pid) / "smaps_rollup", "Pss") / 1024


def written_bytes(pid: int) -> int:
    """Bytes that this process has caused to be written to storage."""
    return _number_in(PROC / str(pid) / "io", "write_bytes")


def _kib_of(path: Path, key: str) -> int:
    return _number_in(path, key)


def _number_in(path: Path, key: str) -> int:
    found = re.search(rf"^{key}:\s+(\d+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise OSError(f"{path} does not tell {key}")
    return int(found[1])
