import gzip

import pytest

from triceptron.data import TableError, decode, read_labelled, read_table

TABLE = "x,kind\n1,a\n2,b\n"


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("größe,α\n", "utf-8", "utf-8"),
        ("größe\n", "utf-8-sig", "utf-8-sig"),
        ("größe\n", "utf-16", "utf-16"),
        ("花瓣长度,花瓣宽度,品种\n5.1,3.5,山鸢尾\n", "gb18030", "gb18030"),
        ("种类，价格\n", "gbk", "gb18030"),
    ],
)
def test_text_is_read_in_the_encodings_that_spreadsheets_write(text, encoding, told):
    assert decode(text.encode(encoding)) == (text, told)


@pytest.mark.parametrize("text", ["a,größe\n1,2\n", "prénom,âge\nZoé,3\n", "Länge;Fläche;Öl\n", "über,Maß\n"])
def test_western_text_is_not_taken_for_chinese(text):
    with pytest.raises(UnicodeDecodeError):
        decode(text.encode("latin-1"))


def test_a_chinese_table_is_learned_from_in_gb_18030(tmp_path):
    (tmp_path / "t.csv").write_bytes("长度,品种\n1,山鸢尾\n2,变色鸢尾\n".encode("gb18030"))
    X, labels, names = read_labelled(tmp_path / "t.csv", "品种")
    assert (X.tolist(), labels.tolist(), names) == ([[1], [2]], ["山鸢尾", "变色鸢尾"], ("长度",))


def test_a_gzipped_table_is_read_and_a_damaged_one_said(tmp_path):
    path, whole = tmp_path / "t.csv.gz", gzip.compress(TABLE.encode())
    path.write_bytes(whole)
    assert read_table(path).columns == ("x", "kind")
    path.write_bytes(whole[:-9])
    with pytest.raises(TableError, match=r"t\.csv\.gz: the gzip file is cut off"):
        read_table(path)
    path.write_bytes(whole[:12] + b"\xff" * 8 + whole[20:])
    with pytest.raises(TableError, match="a damaged gzip file"):
        read_table(path)


def test_a_gzipped_table_of_several_members_is_read_whole(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(TABLE.encode()) + gzip.compress(b"7,g\n"))
    assert read_table(tmp_path / "t.csv.gz").cells("kind")[-1] == "g"


def test_a_gzipped_table_that_unpacks_without_end_is_refused(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"x,kind\n" + b" " * (17 << 20)))
    with pytest.raises(TableError, match="unpacks to more than 50 times its size"):
        read_table(tmp_path / "t.csv.gz")


def test_a_parquet_file_is_the_csv_file_of_the_same_table(tmp_path):
    polars = pytest.importorskip("polars")
    table = {"x": [1.5, None, 0.1], "n": [1, 2, 3], "kind": ["a, b", "c", None], "is": [True, False, True]}
    polars.DataFrame(table).write_parquet(tmp_path / "t.parquet")
    read = read_table(tmp_path / "t.parquet")
    assert {name: list(read.cells(name)) for name in read.columns} == {
        "x": ["1.5", "", "0.1"],
        "n": ["1", "2", "3"],
        "kind": ["a, b", "c", ""],
        "is": ["true", "false", "true"],
    }
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(TableError, match=r"t\.parquet: cannot be read as Parquet"):
        read_table(tmp_path / "t.parquet")


def test_without_polars_and_pandas_a_parquet_file_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setattr("triceptron.data.text.find_spec", lambda name: None)
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(TableError, match=r'pip install "triceptron\[parquet\]"'):
        read_table(tmp_path / "t.parquet")
