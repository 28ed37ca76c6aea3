"""How many cores this process may use: its affinity, and the quota of its cgroup."""

import math
import os
from pathlib import Path

__all__ = ["usable_cores"]

CGROUP = Path("/sys/fs/cgroup")
"""Where Linux shows a container the limits that it runs under."""


def usable_cores(cgroup: Path = CGROUP) -> int:
    """Return the number of cores, at least 1.

    A container that was given two of a machine's 64 cores (``docker run --cpus=2``) may run on all of them,
    but only for as much time as two have: 64 threads would wait for one another.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _quota(cgroup) or cores))


def _quota(cgroup: Path) -> int | None:
    """Return the cores' worth of time that the cgroup allows, rounded up; None where it sets no limit."""
    try:
        if (cgroup / "cpu.max").exists():  # version 2: "200000 100000", or "max 100000"
            quota, period = (cgroup / "cpu.max").read_text().split()
        else:
            quota, period = (
                (cgroup / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period")
            )
        return math.ceil(int(quota) / int(period)) if int(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):  # no cgroup, or no limit
        return None
