import re

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
