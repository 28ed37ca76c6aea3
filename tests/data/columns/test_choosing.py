import re

import pytest

from triceptron.data import Selection, TableError, read_table
from triceptron.data.columns import choose
from triceptron.data.columns.choosing import days


def table(folder, **columns):
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    (folder / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    return read_table(folder / "t.csv")


def chosen(folder, selection=Selection(), **columns):  # noqa: B008
    return choose(table(folder, **columns), "kind", selection)


N = 30
KIND = ["x", "y"] * (N // 2)
SOME = [1.5, 2.5, 0] * (N // 3)


def test_numbers_dates_and_categories_are_told_apart(tmp_path):
    choice, problems = chosen(
        tmp_path,
        number=[*SOME[:-2], "", "NA"],
        date=["2024-02-29", "2024/3/1", "2024-02-29 12:30"] * (N // 3),
        category=["red", "green", "2"] * (N // 3),
        kind=KIND,
    )
    assert choice.kinds == {"number": "number", "date": "date", "category": "category"}
    assert (choice.left_out, problems) == ({}, [])


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("a", range(5, 5 + N), "numbers the rows"),
        ("PassengerId", [7 * i % 101 for i in range(N)], "names the rows"),
        ("customer_id", [7 * i % 101 for i in range(N)], "names the rows"),
        ("编号", [7 * i % 101 for i in range(N)], "names the rows"),
        ("id", [f"A{i}" for i in range(N)], "names the rows"),
        ("name", [f"Mr. {i}" for i in range(N)], "is text that hardly repeats (30 different in 30 rows)"),
        ("a", [3] * N, "is always 3"),
        ("a", ["ship"] * N, "is always 'ship'"),
        ("a", ["", "NA", "?"] * (N // 3), "is empty"),
        ("a", ["x" * 2000, "y", "1"] * (N // 3), "is long text"),
    ],
)
def test_what_cannot_help_is_left_out_and_kept_where_it_is_named(tmp_path, name, values, why):
    columns = {name: values, "some": SOME, "kind": KIND}
    choice, problems = chosen(tmp_path, **columns)
    assert (choice.left_out, list(choice.kinds), problems) == ({name: why}, ["some"], [])
    kept, _ = chosen(tmp_path, Selection(features=[name, "some"]), **columns)
    assert list(kept.kinds) == (["some"] if why in ("is empty", "is long text") else [name, "some"])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("paid", [7 * i % 101 for i in range(N)]),
        ("humid", [7 * i % 101 for i in range(N)]),
        ("id", [i % 7 for i in range(N)]),
        ("rank", [(7 * i) % N for i in range(N)]),
        ("a", [i + 0.5 for i in range(N)]),
        ("city", [f"city {i % 15}" for i in range(N)]),
        ("a", [*[3] * (N - 1), ""]),
    ],
)
def test_what_may_help_stays(tmp_path, name, values):
    choice, problems = chosen(tmp_path, **{name: values, "kind": KIND})
    assert (list(choice.kinds), choice.left_out, problems) == ([name], {}, [])


def test_columns_are_taken_dropped_and_made_categories_as_said(tmp_path):
    columns = {"a": SOME, "b": SOME, "c": SOME, "row": [f"r{i}" for i in range(N)], "kind": KIND}
    choice, _ = chosen(tmp_path, Selection(drop=["b"], categories=["c"], id="row"), **columns)
    assert choice.kinds == {"a": "number", "c": "category"}
    assert chosen(tmp_path, Selection(features=["c", "a"]), **columns)[0].kinds == {
        "a": "number",
        "c": "number",
    }


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(features=["aa"]), "there is no column 'aa'"),
        (Selection(drop=["kin"]), "there is no column 'kin'; the columns are a, b, kind"),
        (Selection(features=["a", "kind"]), "column 'kind': it cannot be learned from, being the label"),
        (Selection(features=["a"], id="a"), "column 'a': it cannot be learned from, being the id"),
        (
            Selection(features=["a"], drop=["a"]),
            "column 'a': it cannot be learned from, being among those to d",
        ),
        (Selection(drop=["a", "b"]), "there is no column beside the label column 'kind'"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path, selection, message):
    with pytest.raises(TableError, match=re.escape(message)):
        chosen(tmp_path, selection, a=SOME, b=SOME, kind=KIND)


def test_all_problems_are_told_at_once(tmp_path):
    given = table(
        tmp_path,
        a=[*[1] * (N - 1), "red"],
        b=[5, *[""] * (N - 1)],
        c=[1, 2, "inf", *[3] * (N - 3)],
        d=SOME,
        kind=KIND,
    )
    _, problems = choose(given, "kind", Selection())
    message = str(TableError.of("t.csv", problems))
    assert message == (
        "t.csv, row 31, column 'a': 'red' is not a number, as 29 of 30 values are; `categories` takes them "
        "as text, `drop` leaves them out; row 3, column 'b': the value is missing, as all are but one; "
        "`drop` leaves the column out; row 4, column 'c': 'inf' is not a finite number"
    )


def test_a_message_of_many_problems_is_cut(tmp_path):
    columns = {f"c{j}": [1, "x", 2, 3] for j in range(500)}
    _, problems = chosen(tmp_path, **columns, kind="xyxy")
    message = str(TableError.of("t.csv", problems))
    assert message.endswith("and 490 more")
    assert len(message) < 2000


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("1970-01-02", 1),
        ("2024/2/29", 19782),
        ("2024-02-29T12:00", 19782.5),
        ("2024-02-29 12:00:00Z", 19782.5),
        ("2024-02-29T12:00+12:00", 19782),
    ],
)
def test_dates_are_days_since_1970(date, expected):
    assert days(date) == expected


@pytest.mark.parametrize("date", ["2023-02-29", "2024-13-01", "0000-01-01", "2024-01-01 noon", "today"])
def test_what_is_no_date_is_refused(date):
    with pytest.raises(ValueError):  # noqa: PT011 - of many kinds
        days(date)
