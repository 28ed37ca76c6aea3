"""A table is read in its own format and written back into the same text."""

import tomllib

import pytest

from triceptron.data import TableError
from triceptron.jobs.table import read
from triceptron.jobs.table.headings import HYPERPARAMETERS, RESULTS, heading_like, meaning


def given(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return read(path)


MARKDOWN = """# Exercise 3

Fill in | this.

```
| learning rate |
|---|
```

| hidden units | learning rate | accuracy |
|:---|---:|---|
| 10 | 0.1 | |
| 20 | 0.3 |

Hand it in on Monday.
"""
TOML = """# Exercise 3
title = "mine"

[[run]]
hidden = 10  # few
learning_rate = 0.1
accuracy = ""

[[run]]
hidden = 20
learning_rate = 0.3
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "hidden units,learning rate\r\n10,0.1\r\n\r\n20,0.3\r\n"),
        ("t.csv", "\ufeffhidden units;accuracy\n10;\n20;\n"),
        ("t.tsv", "hidden units\taccuracy\n10\t\n"),
        ("t.toml", TOML),
        ("t.toml", 'row = [{hidden = 10, "学习率" = 0.1}, {hidden = 20}]\n'),
    ],
)
def test_an_unchanged_table_is_written_back_byte_for_byte(tmp_path, name, text):
    table = given(tmp_path, name, text)
    assert table.filled(table.headings, table.rows).decode() == text


def test_csv_keeps_delimiter_line_ends_and_encoding(tmp_path):
    table = given(tmp_path, "t.csv", "隐藏层单元数;准确率\r\n10;\r\n", "gb18030")
    assert (table.headings, table.rows) == (["隐藏层单元数", "准确率"], [["10", ""]])
    assert (
        table.filled(table.headings, [["10", "0.9"]]).decode("gb18030") == "隐藏层单元数;准确率\r\n10;0.9\r\n"
    )


def test_markdown_keeps_the_text_around_and_the_alignment(tmp_path):
    table = given(tmp_path, "t.md", MARKDOWN)
    assert table.rows == [["10", "0.1", ""], ["20", "0.3", ""]]
    place = f"{tmp_path / 't.md'}, row 2 (line 13), column 'learning rate'"
    assert str(table.error("no number", 1, 1)) == f"{place}: no number"
    written = table.filled(table.headings, [["10", "0.1", "0.9"], ["20", "0.3", "**0.95**"]]).decode()
    before, after = MARKDOWN.split("| hidden units")[0], "\n\nHand it in on Monday.\n"
    assert written == (
        f"""{before}| hidden units | learning rate | accuracy |
| :----------- | ------------: | -------- |
| 10           |           0.1 | 0.9      |
| 20           |           0.3 | **0.95** |{after}"""
    )


def test_toml_keeps_comments_and_gets_numbers(tmp_path):
    table = given(tmp_path, "t.toml", TOML)
    assert table.headings == ["hidden", "learning_rate", "accuracy"]
    written = table.filled([*table.headings, "best"], [["10", "0.1", "0.9", ""], ["20", "0.3", "0.95", "*"]])
    parsed = tomllib.loads(written.decode())
    assert parsed["run"][0] == {"hidden": 10, "learning_rate": 0.1, "accuracy": 0.9}
    assert parsed["run"][1] == {"hidden": 20, "learning_rate": 0.3, "accuracy": 0.95, "best": "*"}
    assert "hidden = 10  # few" in written.decode()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.csv", "", "no headings; the file is empty"),
        ("t.csv", 'hidden\n"10\n', "line 2: unexpected end of data"),
        ("t.csv", "hidden,learning rate\n10\n", r"row 1 \(line 2\): 1 cells under 2 headings"),
        ("t.csv", "hidden,accuracy\n10,,7\n", r"row 1 \(line 2\): 3 cells under 2 headings"),
        ("t.md", "no table\n", "no table with a heading that names a hyperparameter"),
        ("t.toml", "hidden = \n", "at line 1"),
        ("t.toml", "hidden = 10\n", r"each row must be a \[\[row\]\], all of one name; the file has none"),
        ("t.toml", "[[a]]\nhidden = 1\n[[b]]\nhidden = 2\n", "the file has a, b"),
        ("t.xlsx", "", r"a table is a .csv, a .md or a .toml file, not '.xlsx'"),
    ],
)
def test_what_is_no_table_is_refused_by_file_and_place(tmp_path, name, text, message):
    with pytest.raises(TableError, match=rf"{name}.*{message}"):
        given(tmp_path, name, text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TableError, match="none.csv is not there"):
        read(tmp_path / "none.csv")


def test_text_in_no_encoding_is_refused(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"hidden\n\xff\xff\n")
    with pytest.raises(TableError, match="not text in UTF-8 or GB 18030"):
        read(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Hidden Units", "hidden"),
        ("hidden_layer_sizes", "hidden"),
        ("η", "learning_rate"),
        ("**Learning rate**", "learning_rate"),
        ("Accuracy (%)", "accuracy"),
        ("time [s]", "time"),
        ("隐藏层单元数", "hidden"),
        ("学习率 η", None),
        ("学习率", "learning_rate"),
        ("迭代轮数", "epochs"),
        ("批量大小", "batch_size"),
        ("训练损失", "train_loss"),
        ("测试准确率（%）", "accuracy"),
        ("时间（秒）", "time"),
        ("备注", "remark"),
        ("colour", None),
    ],
)
def test_headings_are_understood(heading, kind):
    assert meaning(heading) == kind


@pytest.mark.parametrize("kind", [*HYPERPARAMETERS, *RESULTS])
def test_every_heading_names_one_thing(kind):
    for word in {**HYPERPARAMETERS, **RESULTS}[kind].split(", "):
        assert meaning(word) == kind, word


def test_a_new_heading_is_in_the_manner_of_the_given_ones():
    assert heading_like("test_loss", ["hidden units"]) == "test loss"
    assert heading_like("test_loss", ["learning_rate"]) == "test_loss"
    assert heading_like("test_loss", ["学习率"]) == "测试损失"
