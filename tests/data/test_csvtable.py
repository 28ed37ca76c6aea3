import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triceptron.data import TableError, read_labelled, read_table


@pytest.fixture
def table(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_numbers_and_labels_are_read(table, delimiter, newline, encoding):
    rows = ["width,kind,height", "1, big ,2.5", "", "-3e2,small,4"]
    text = newline.join(rows).replace(",", delimiter) + newline
    X, labels, names = read_labelled(table(text, encoding), "kind")
    assert names == ("width", "height")
    assert labels.tolist() == ["big", "small"]
    np.testing.assert_array_equal(X, [[1, 2.5], [-300, 4]])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["3", "10", "-2"], [3, 10, -2]),
        (["01", "1", "2"], ["01", "1", "2"]),
        (["1.0", "2.0", "3"], ["1.0", "2.0", "3"]),
        (["NA", "ja", "nein"], ["NA", "ja", "nein"]),
        (["9" * 30, "1", "2"], ["9" * 30, "1", "2"]),
    ],
)
def test_labels_are_numbers_only_where_all_of_them_are_plain_whole_ones(table, labels, expected):
    path = table("x,y\n" + "".join(f"0,{label}\n" for label in labels))
    assert read_labelled(path, "y").labels.tolist() == expected


def test_quoted_values_may_hold_delimiters_quotes_and_line_ends(table):
    path = table('"width, in cm",kind\n"1","big, ""very"""\n2,"two\nlines"\n')
    X, labels, names = read_labelled(path, "kind")
    assert names == ("width, in cm",)
    assert labels.tolist() == ['big, "very"', "two lines"]
    np.testing.assert_array_equal(X, [[1], [2]])


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(FLOATS, FLOATS, st.sampled_from(["a", "b"])), min_size=1, max_size=20))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    path.write_text("u,v,y\n" + "".join(f"{u!r},{v!r},{label}\n" for u, v, label in rows))
    X, labels, _ = read_labelled(path, "y")
    np.testing.assert_array_equal(X, [row[:2] for row in rows])
    assert labels.tolist() == [row[2] for row in rows]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "table.csv: the file is empty"),
        ("\n \n", "table.csv: the file is empty"),
        ("a,kind\n", "table.csv: there are no rows below the column names"),
        ("a,b,Kind\n1,2,x\n", "table.csv: there is no column 'kind'; did you mean 'Kind'?"),
        ("a,b\n1,2\n", "table.csv: there is no column 'kind'; the columns are a, b"),
        ("a,a,kind\n1,2,x\n", "table.csv, row 1: two columns are named 'a'"),
        (",a,kind\n0,2,x\n", "table.csv, row 1: column 1 has no name; an index that pandas wrote?"),
        ("kind\nx\n", "table.csv: there is no column beside the label column 'kind'"),
        ("a,kind\n1,x\n2,y,3\n", "table.csv, row 3: 3 values, but 2 columns are named"),
        ("a,b,kind\n1,2,x\n\n2,y\n", "table.csv, row 4: 2 values, but 3 columns are named"),
        ("a,kind\n1,x\nred,y\n", "table.csv, row 3, column 'a': 'red' is not a number"),
        ("a,kind\n1,x\n1_000,y\n", "table.csv, row 3, column 'a': '1_000' is not a number"),
        ('a,kind\n"1,5",x\n', "table.csv, row 2, column 'a': '1,5' is not a number"),
        ("a,b,kind\n1,,x\n", "table.csv, row 2, column 'b': the value is missing"),
        ("a,kind\n1,x\n\nNA,y\n", "table.csv, row 4, column 'a': the value is missing (NA)"),
        ("a,kind\nnan,x\n", "table.csv, row 2, column 'a': the value is missing (nan)"),
        ("a,kind\n1e999,x\n", "table.csv, row 2, column 'a': '1e999' is not a finite number"),
        ("a,kind\n-inf,x\n", "table.csv, row 2, column 'a': '-inf' is not a finite number"),
        ("a,kind\n1,x\n2, \n", "table.csv, row 3, column 'kind': the label is missing"),
        ('a,kind\n1,x\n2,"y\n', "table.csv, row 3: unexpected end of data"),
    ],
)
def test_bad_tables_are_told_by_file_row_and_column(table, text, message):
    with pytest.raises(TableError, match=re.escape(message)):
        read_labelled(table(text), "kind")


def test_what_is_no_text_is_said(table):
    path = table("a,größe\n1,2\n", "latin-1")
    with pytest.raises(TableError, match=r"table\.csv: not UTF-8 text \(byte 4 is 0xf6\)"):
        read_table(path)
    with pytest.raises(TableError, match="not UTF-8 text|the file is empty|no rows"):
        path.write_bytes(bytes(range(256)))
        read_table(path)


def test_a_file_that_is_not_there_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        read_table(tmp_path / "nothing.csv")
    with pytest.raises(OSError, match="directory"):
        read_table(tmp_path)


def test_decimal_commas_are_read_where_no_comma_stands_between_the_values(table):
    X, _, _ = read_labelled(table("a;b;kind\n1,5;2.5;x\n-0,25e1;3;y\n"), "kind")
    assert X.tolist() == [[1.5, 2.5], [-2.5, 3]]
    assert read_labelled(table('a\tkind\n"1,5"\tx\n2\ty\n'), "kind").X.tolist() == [[1.5], [2]]
    with pytest.raises(TableError, match="'1,000,000' is not a number"):
        read_labelled(table("a;kind\n1,000,000;x\n"), "kind")


@pytest.mark.parametrize("text", ["5.1,3.5,setosa\n4.9,3.0,setosa\n", "0.2,0.2,setosa\n1,2,setosa\n"])
def test_a_file_without_names_is_told_to_have_some(table, text):
    with pytest.raises(TableError, match="is the first row a sample[?] Put a row of names above it"):
        read_labelled(table(text), "species")


def test_numbers_are_names_where_they_only_count_the_columns(table):
    _, _, names = read_labelled(table("0,1,2,label\n5,6,7,a\n"), "label")
    assert names == ("0", "1", "2")


def test_a_column_that_has_a_use_is_never_offered_for_another(table):
    path = table("petal length,petal width,kind\n1,2,x\n")
    with pytest.raises(TableError, match="no column 'petal lenght'; did you mean 'petal length'"):
        read_table(path).numbers(["petal lenght", "petal width"])
    with pytest.raises(TableError, match="no column 'petal height'; the columns are"):
        read_table(path).numbers(["petal length", "petal height", "petal width"])


def test_labels_that_are_missing_are_counted(table):
    with pytest.raises(TableError, match="row 3, column 'kind': the label is missing, and in 2 more rows"):
        read_labelled(table("a,kind\n1,x\n1,\n1,y\n1,\n2,\n"), "kind")


def hostile():
    """100,000 columns, a label of 5 MB, a name of 5 MB, lines of spaces, a line of commas."""
    wide = ",".join(f"c{j}" for j in range(100_000))
    return {
        "wide": (f"{wide},kind\n{'0,' * 100_000}x\n{'1,' * 100_000}y\n", None),
        "wide, no label": (f"{wide}\n{'0,' * 99_999}1\n", "there is no column 'kind'"),
        "wide, twice": (f"{wide},c7\n{'0,' * 100_000}x\n", "two columns are named 'c7'"),
        "long label": ("a,kind\n" + "1,x\n" * 1000 + f"2,{'y' * 5_000_000}\n", "a label of 5,000,000 char"),
        "long name": (f"a,{'k' * 5_000_000}\n1,x\n", "a column's name has 5,000,000 characters"),
        "long number": ("a,kind\n" + "1" * 5_000_000 + ",x\n", "is not a finite number|is not a number"),
        "spaces": ("a,kind\n1,x\n" + (" " * 1000 + "\n") * 5000 + "2,y\n", None),
        "quoted spaces": ('a,kind\n1,"x"\n' + (" " * 1000 + "\n") * 5000 + "2,y\n", None),
        "commas": ("a,kind\n" + "," * 5_000_000, "values, but 2 columns are named"),
    }


@pytest.mark.parametrize("name", hostile())
@pytest.mark.timeout(60)
def test_hostile_tables_take_a_small_multiple_of_their_size(table, name):
    text, message = hostile()[name]
    path = table(text)
    tracemalloc.start()
    if message is None:
        read_labelled(path, "kind")
    else:
        with pytest.raises(TableError, match=message) as told:
            read_labelled(path, "kind")
        assert len(str(told.value)) < 1000 + len(str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * len(text) + 1_000_000
