"""The cells of a row become its hyperparameters, or one message names the cell."""

import pytest

from triceptron.data import TableError
from triceptron.jobs.table import read
from triceptron.jobs.table.recipes import recipes
from triceptron.training import Recipe

BASE = Recipe(hidden=7, epochs=3)


def asked(tmp_path, text):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    return recipes(read(tmp_path / "t.csv"), BASE)


def test_cells_are_read_as_people_write_them(tmp_path):
    first, second, third = asked(
        tmp_path,
        "no,hidden units,learning rate,batch size,solver,dropout,schedule,note\n"
        'a,"1,000",1e-2,full,SGD with momentum,20%,One-cycle,x\n'
        "b,**50**,0.1,64,Adam,0.2,constant,\n"
        "c,,,,,,,nothing said\n",
    )
    assert first == Recipe(1000, 0.01, 3, None, "momentum", dropout=0.2, schedule="one_cycle")
    assert second == Recipe(50, 0.1, 3, 64, "adam", dropout=0.2)
    assert third == BASE


def test_chinese_headings_and_words(tmp_path):
    (recipe,) = asked(
        tmp_path, "隐藏层单元数,学习率,迭代轮数,批量大小,优化器,准确率\n１０,0.3,5,全部,动量,\n"
    )
    assert recipe == Recipe(10, 0.3, 5, None, "momentum")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hidden,learnin rate\n1,1\n", "column 'learnin rate': unknown; did you mean 'learning rate'?"),
        ("hidden,colour\n1,red\n", "column 'colour': unknown; a table can hold hidden units, learning"),
        ("hidden,neurons\n1,1\n", "column 'neurons': means the same as 'hidden'"),
        ("accuracy,note\n,\n", "no heading names a hyperparameter"),
        ("hidden,accuracy\n", "the table has no rows below its headings"),
        ("hidden\n10\nten\n", "row 2 (line 3), column 'hidden': hidden must be a whole number, got 'ten'"),
        ("hidden\n10.5\n", "row 1 (line 2), column 'hidden': hidden must be a whole number, got '10.5'"),
        (
            "hidden\n0\n",
            "row 1 (line 2), column 'hidden': hidden must be a whole number of at least 1, got 0",
        ),
        ("lr\n-0.1\n", "column 'lr': learning_rate must be a finite number greater than 0, got -0.1"),
        ("lr\nnan\n", "column 'lr': learning_rate must be a finite number greater than 0, got nan"),
        ("lr\nfast\n", "column 'lr': learning_rate must be a number, got 'fast'"),
        ("dropout\n120%\n", "column 'dropout': dropout must be a finite number at least 0 and less than 1"),
        ("solver\nlbfgs\n", "column 'solver': solver must be one of sgd, momentum, nesterov, adam"),
    ],
)
def test_what_cannot_be_is_told_by_file_row_and_column(tmp_path, text, message):
    with pytest.raises(TableError) as caught:
        asked(tmp_path, text)
    assert "t.csv" in str(caught.value)
    assert message in str(caught.value)


def test_a_cell_says_how_images_are_seen(tmp_path):
    text = "preprocessing,members\ndeslanted,2\nwidth 20,2\n12,2\nvaried,2\nno,2\n"
    found = asked(tmp_path, text)
    assert [one.preprocess for one in found] == ["deslanted", "width_20", "width_12", "varied", "none"]
    with pytest.raises(TableError, match="preprocess must be one of none, deslanted, .*got 'upright'"):
        asked(tmp_path, "预处理\nupright\n")
