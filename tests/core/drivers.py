"""Build and run the core without Python, from driver.cpp and threads.cpp.

``python tests/core/drivers.py`` builds with the address, undefined-behaviour and thread sanitizers, and ends
with "2 passed, 0 failed" and exit status 0 if there is no report. With ``aarch64`` it builds for 64-bit Arm
instead, runs under qemu-user and holds the bits against those of this machine. With ``threads`` it tells how
trainings would share their work among more threads than this machine has.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "drivers"
SANITIZERS = {"address": "address,undefined", "thread": "thread"}
ARM = {"CMAKE_SYSTEM_NAME": "Linux", "CMAKE_SYSTEM_PROCESSOR": "aarch64", "CMAKE_EXE_LINKER_FLAGS": "-static"}
ARM_COMPILER, ARM_RUNNER = "aarch64-linux-gnu-g++", "qemu-aarch64"


def main() -> int:
    """Return the exit status."""
    if sys.argv[1:] == ["aarch64"]:
        return compare_with_arm()
    if sys.argv[1:] == ["threads"]:
        timed = BUILD.with_name("drivers-timed")
        build(timed, ["driver_threads"], CORE_TIMED="ON")
        return subprocess.run([timed / "driver_threads"]).returncode
    build(BUILD, [f"driver_{name}" for name in SANITIZERS])
    running = {what: subprocess.Popen([BUILD / f"driver_{name}"]) for name, what in SANITIZERS.items()}
    failed = 0
    for what, driver in running.items():
        status = driver.wait()
        print(
            f"{what} sanitizer: {'no report' if status == 0 else f'failed with status {status}'}", flush=True
        )
        failed += status != 0
    print(f"{len(SANITIZERS) - failed} passed, {failed} failed")
    return 1 if failed else 0


def compare_with_arm() -> int:
    """Return the exit status: 0 if each case ends with the same bits on 64-bit Arm as here."""
    missing = [tool for tool in (ARM_COMPILER, ARM_RUNNER) if shutil.which(tool) is None]
    if missing:
        sys.exit(f"drivers: not installed: {', '.join(missing)} (Debian: g++-aarch64-linux-gnu, qemu-user)")
    arm = BUILD.with_name("drivers-aarch64")
    build(BUILD, ["driver_plain"])
    build(arm, ["driver_plain"], CMAKE_CXX_COMPILER=ARM_COMPILER, **ARM)
    here = hashes([BUILD / "driver_plain"])
    there = hashes([ARM_RUNNER, arm / "driver_plain"])
    differing = [a for a, b in zip(here, there, strict=True) if a != b]
    print(f"{len(here) - len(differing)} of {len(here)} cases have the same bits on aarch64", flush=True)
    return 1 if differing else 0


def build(folder: Path, targets: list[str], **definitions: str) -> None:
    """Build the drivers of these names."""
    cmake = shutil.which("cmake")
    if cmake is None:
        sys.exit("drivers: CMake is not installed: pip install cmake")
    if shutil.which("ccache") and "CMAKE_CXX_COMPILER_LAUNCHER" not in os.environ:
        definitions["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"
    defined = [f"-D{name}={value}" for name, value in definitions.items()]
    source = [cmake, "-S", ROOT / "tests" / "core", "-B", folder, "-DCMAKE_BUILD_TYPE=None", *defined]
    subprocess.run(source, check=True, stdout=subprocess.DEVNULL)
    command = [cmake, "--build", folder, "--parallel", "2", "--target", *targets]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def hashes(command: list[str | Path]) -> list[str]:
    """Return a line a case."""
    done = subprocess.run([*command, "hashes"], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main())
