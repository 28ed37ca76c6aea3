"""The faults are real, and what the page quotes is what the checker says."""

from tests.lesson.conftest import PAGE
from triceptron.lesson.faults import FAULTS, ask_checker, load_verdicts, write_steps


def test_the_page_quotes_what_the_checker_says_today():
    again = "python -m triceptron.lesson.faults writes verdicts.json anew"
    assert ask_checker() == load_verdicts(), again


def test_the_page_knows_each_fault_by_its_name():
    script = PAGE.joinpath("faults.js").read_text("utf-8")
    for fault in FAULTS:
        assert f"\n  {fault.name}: " in script


def test_each_fault_changes_the_file_in_one_place():
    for fault in FAULTS:
        file = write_steps(fault)
        compile(file, fault.name, "exec")
        assert fault.wrong.replace("\n", "\n    ") in file
        assert f"    {fault.right}\n" not in file
