"""What the package promises as a whole: what an import costs, and that the numbers of equations are real."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import triceptron

ROOT = Path(__file__).parent.parent


def modules_after(statement):
    """Which modules a fresh interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_importing_the_package_loads_nothing_heavy():
    loaded = modules_after("import triceptron")
    assert not {"sklearn", "matplotlib", "scipy", "cyclopts", "rich"} & loaded
    assert "numpy" not in loaded or len(loaded - modules_after("import numpy")) < 20


def test_the_package_runs_as_a_module():
    command = [sys.executable, "-m", "triceptron", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "core:" in done.stdout


def test_every_public_name_can_be_had():
    for name in triceptron.__all__:
        assert getattr(triceptron, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'perceptron'"):
        _ = triceptron.perceptron


def test_every_equation_that_code_cites_is_in_the_docs():
    numbered = set(
        re.findall(r"^\| \((\d+)\) \|", (ROOT / "docs" / "equations.md").read_text("utf-8"), re.MULTILINE)
    )
    assert numbered == {str(number) for number in range(1, 23)}
    sources = [path for ending in ("py", "cpp", "hpp") for path in (ROOT / "src").rglob(f"*.{ending}")]
    cited = {
        number
        for path in sources
        for comment in re.findall(
            r"(?:#|//) ((?:\(\d+\)(?:, | and |–)?)+)\s*$", path.read_text("utf-8"), re.MULTILINE
        )
        for number in re.findall(r"\d+", comment)
    }
    assert cited <= numbered
    assert {str(number) for number in range(1, 23)} <= cited  # each has a line of code that computes it
