"""Build tests/core/driver.cpp with the address, undefined-behaviour and thread sanitizers and run it.

``python tests/core/sanitize.py`` ends with "2 passed, 0 failed" and exit status 0 if there is no report.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "sanitize"
SANITIZERS = {"address": "address,undefined", "thread": "thread"}


def main() -> int:
    """Return the exit status."""
    cmake = shutil.which("cmake")
    if cmake is None:
        sys.exit("sanitize: CMake is not installed: pip install cmake")
    source = [cmake, "-S", ROOT / "tests" / "core", "-B", BUILD, "-DCMAKE_BUILD_TYPE=None"]
    subprocess.run(source, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([cmake, "--build", BUILD, "--parallel", "2"], check=True, stdout=subprocess.DEVNULL)
    failed = 0
    for name, what in SANITIZERS.items():
        status = subprocess.run([BUILD / f"driver_{name}"]).returncode
        print(
            f"{what} sanitizer: {'no report' if status == 0 else f'failed with status {status}'}", flush=True
        )
        failed += status != 0
    print(f"{len(SANITIZERS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
