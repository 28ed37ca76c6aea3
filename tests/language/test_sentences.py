"""Each English sentence has its Chinese one, and is found by what was made of it."""

import re
import tomllib
from contextvars import copy_context

import pytest

from tests.language.messages import SOURCE, helps, messages
from triceptron import plots
from triceptron.language import say, speak, translate

CHINESE = tomllib.loads((SOURCE / "language" / "zh.toml").read_text(encoding="utf-8"))

# What no string of the source shows whole: places as errors join them, what the core or Python say.
JOINED = {
    "{1}; {2}",
    "`categories` takes them as text, `drop` leaves them out",
    "`drop` leaves the column out",
    "the value is missing, as all are but one",
    "interrupted after {1} of {2} epochs",
    "{1} is always {2}",
    "{1} is empty",
    "{1} is long text",
    "{1} names the rows",
    "{1} numbers the rows",
    "{1} is text that hardly repeats ({2} different in {3} rows)",
    "{1} has no value that repeats",
    "{1}: {2}",
    "{1}, row {2}",
    "{1}, line {2}",
    "{1}, column {2}",
    "{1} (line {2})",
    "Example: {1}",
    "port {1} cannot be had ({2}); name another, or 0 for any that is free",
    "n_threads must be from 1 to {1}, got {2}",
    "TRICEPTRON_INSTRUCTION_SET must name one that this machine has: avx512, avx2 or baseline",
}
OF_CYCLOPTS = {
    "Commands",
    "Arguments",
    "Parameters",
    "Unknown option: {1}.",
    "Unknown option: {1}. Did you mean {2}?",
    "Unknown option: {1}. {2} is not a recognized option.",
    'Unknown command "{1}". Available commands: {2}.',
    'Unknown command "{1}". Did you mean "{2}"? Available commands: {3}.',
    'Command "{1}" parameter {2} requires an argument.',
    'Command "{1}" parameter {2} requires an argument. Did you mean {3} instead of {4}?',
    'Command "{1}" parameter {2} flag required.',
    'Invalid value for {1}: unable to convert "{2}" into int.',
    'Invalid value for {1}: unable to convert "{2}" into float.',
    'Invalid value for {1}: unable to convert "{2}" into {3}.',
    'Invalid value "{1}" for {2}. Choose from: {3}.',
    'Invalid value "{1}" for {2}. Choose from: {3}. Did you mean "{4}"?',
    'Invalid value "{1}" for {2}. {3}',
    "Invalid value for {1}: {2}",
    "Parameter {1} specified multiple times.",
    "Unused Tokens: {1}.",
}
OF_PYTHON = {
    "[Errno {1}] {2}: {3}",
    "[Errno {1}] {2}",
    "No such file or directory",
    "Permission denied",
    "Is a directory",
    "Not a directory",
    "File exists",
    "No space left on device",
    "Read-only file system",
    "File name too long",
    "Address already in use",
    "MemoryError",
}
# Strings of several words that are no sentences for a user.
UNSEEN = {
    "is always {1}",  # parts of what is joined, above
    "is empty",
    "is long text",
    "names the rows",
    "numbers the rows",
    "is text that hardly repeats ({1} different in {2} rows)",
    "has no value that repeats",
    "{1} is missing",  # a feature's name
    "held out",  # a training's
    "after {1}",  # of metrics.json
    "train {1} --label species",
    "check {1}",
    "triceptron: {1}",
    "its counts are negative or too large",  # details of damage, for whoever mends the file
    "its learning rate is {1}",
    "its curves do not have {1} epochs",
    "the curve {1} is missing or too much",
    "no training is at update {1} with the seed {2}",
    "it holds {1} moments, which are not the solver's",
    "it holds {1}, which is not the training's network",
    "it holds losses or times that are not finite",
    "its {1} does not fit {2} epochs",
    "no run comes to that",
    "{1} ({2} of {3})",  # a cell of a filled table, a file that programs read
    "center left",
    "lower right",
    "{1} {2}{3} ({4})",  # a mistake's caption, of translated parts
    "submission.csv",
    "::error {1}::{2}",  # an annotation of GitHub's
    "glorot, xavier",
    *plots._CHINESE_FONTS,
}
TABLES_OF_WORDS = (
    "jobs/table/headings.py",
    "jobs/table/recipes.py",
)  # what a heading or a cell can be called


def needed():
    said = {
        key: where
        for key, where in messages().items()
        if key not in UNSEEN and not (where.startswith(TABLES_OF_WORDS) and key.count(", ") > 1)
    }
    return {**said, **helps(), **dict.fromkeys(JOINED | OF_CYCLOPTS | OF_PYTHON, "others")}


def test_every_sentence_has_its_chinese():
    assert {key: where for key, where in needed().items() if key not in CHINESE} == {}


def test_no_chinese_is_left_without_its_english():
    assert sorted(CHINESE.keys() - needed().keys()) == []


@pytest.mark.parametrize(("english", "chinese"), CHINESE.items())
def test_both_have_the_same_fields_and_chinese_is_written_as_chinese_is(english, chinese):
    english = english.replace("[Errno {1}]", "")  # a number that tells a user nothing
    assert sorted(re.findall(r"\{\d+\}", english)) == sorted(re.findall(r"\{\d+\}", chinese))
    assert not re.search(r"[。，；：？！] ", chinese)
    assert not re.search(r"[\u4e00-\u9fff][,;:?!]", chinese)
    assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", chinese)


def in_chinese(function, *arguments):
    def run():
        speak("zh")
        return function(*arguments)

    return copy_context().run(run)


def test_say_fills_fields_by_their_formats():
    assert say("{1:,} rows predicted", 1797) == "1,797 rows predicted"
    assert in_chinese(say, "{1:,} rows predicted", 1797) == "预测了 1,797 行"
    assert in_chinese(say, "{1:.2f} s for twice {2:,} epochs", 1.5, 3000) == "两次各 3,000 轮，共 1.50 秒"
    assert in_chinese(say, "nobody translated {1}", 3) == "nobody translated 3"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("the file is empty", "文件是空的"),
        (
            "learning_rate must be a finite number greater than 0, got nan",
            "learning_rate 应当是大于 0 的有限的数，现在是 nan",
        ),
        (
            "dropout must be a number at least 0 and less than 1, got 'x'",
            "dropout 应当是至少为 0 且小于 1 的数，现在是 'x'",
        ),
        ("f.csv, row 3: the label is missing", "f.csv，第 3 行：缺少标签"),
        ("f.csv, row 3, column 'age': '? ' is not a number", "f.csv，第 3 行，列 'age'：'? ' 不是数"),
        (
            "t.md, row 2 (line 5), column 'epochs': epochs must be a whole number, got 'many'",
            "t.md，第 2 行（文件第 5 行），列 'epochs'：epochs 应当是整数，现在是 'many'",
        ),
        ("[Errno 2] No such file or directory: 'x.csv'", "没有这个文件或文件夹：'x.csv'"),
        (
            "f.csv: there is no column 'a: b'; did you mean 'a:  b'?",
            "f.csv：没有 'a: b' 这一列；是不是 'a:  b'？",
        ),
        ("first unknown\nthe file is empty", "first unknown\n文件是空的"),
        ("what nobody translated", "what nobody translated"),
    ],
)
def test_a_finished_message_is_translated(english, chinese):
    assert translate(english) == english
    assert in_chinese(translate, english) == chinese


def test_a_message_of_nothing_but_colons_comes_to_an_end():
    assert in_chinese(translate, "a: " * 1_300).startswith("a：a：")


@pytest.mark.parametrize("name", ["did you mean me?", "the file is empty", "{1}", "1 to 2", "{2}"])
def test_what_a_user_wrote_stays(name):
    message = f"there is no column {name!r}; the columns are 'a', 'b'"
    assert in_chinese(translate, message) == f"没有 {name!r} 这一列；各列是 'a', 'b'"


def test_a_long_message_is_left_alone():
    message = "there is no column " * 10_000
    assert in_chinese(translate, message) == message


def test_the_language_of_one_context_is_not_that_of_another():
    assert in_chinese(say, "Error") == "错误"
    assert say("Error") == "Error"
