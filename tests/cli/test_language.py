"""Commands as processes in a Chinese locale, and into pipes that know fewer letters."""

import os
import re
import subprocess
import sys

import pytest
from rich.cells import cell_len

from triceptron.cli import app
from triceptron.jobs import write_example

ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHONIO"))
}
COMMANDS = [name for name in app if not name.startswith("-")]


def triceptron(*words, cwd=None, raw=False, **variables):
    environment = {
        **ENVIRONMENT,
        "LANG": "zh_CN.UTF-8",
        "PYTHONUTF8": "0",
        "PYTHONIOENCODING": "utf-8",
        "COLUMNS": "80",
    }
    done = subprocess.run(
        [sys.executable, "-m", "triceptron", *map(str, words)],
        capture_output=True,
        cwd=cwd,
        env={**environment, **variables},
        timeout=120,
        check=False,
    )
    return done if raw else (done.returncode, done.stdout.decode(), done.stderr.decode())


def english(text):
    """Return two English words beside each other, outside quotes and commands to be typed."""
    text = re.sub(r"'[^']*'|\"[^\"]*\"|triceptron [a-z][^。│]*|--[a-z-]+ \S+", "", text)
    return re.findall(r"[A-Za-z]{2,} [a-z]{2,}\b", text)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with tables of all kinds of trouble."""
    folder = tmp_path_factory.mktemp("files")
    rows = "".join(f"{i % 7},{i % 5},{'ab'[i % 2]}\n" for i in range(40))
    tables = {
        "good.csv": "x,y,label\n" + rows,
        "word.csv": "x,y,label\n" + rows + "1,oops,a\n",
        "missing.csv": "x,y,label\n" + rows + "1,2,\n",
        "short.csv": "x,y,label\n" + rows + "1,2\n",
        "twice.csv": "x,x,label\n" + rows,
        "one.csv": "x,y,label\n1,2,a\n3,4,a\n",
        "empty.csv": "",
        "head.csv": "x,y,label\n",
        "bad.safetensors": "no model",
        "strange.md": "| hiden units | epochs |\n|---|---|\n| 5 | 1 |\n",
        "odd.md": "| learning rate | accuracy |\n|---|---|\n| fast | |\n",
        "none.md": "nothing here\n",
        "good.md": "| hidden units | epochs | accuracy |\n|---|---|---|\n| 5 | 2 | |\n| 6 | 2 | |\n",
    }
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "used").mkdir()
    (folder / "used" / "notes.txt").write_text("mine")
    return folder


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
@pytest.mark.parametrize("locale", ["zh_CN.UTF-8", "en_US.UTF-8"])
def test_help_is_in_the_users_language_and_fits_80_columns(command, locale):
    status, told, trouble = triceptron(*command, "--help", LANG=locale)
    assert (status, trouble) == (0, "")
    assert max(map(cell_len, told.splitlines())) <= 80
    if locale.startswith("zh"):
        assert "用法：triceptron" in told
        assert english(told) == []
    else:
        assert not re.search(r"[\u3000-\u9fff]", told)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("digits --epoch 3", 2, "没有 --epoch 这个选项。是不是 --epochs？"),
        ("digits --colour", 2, "没有 --colour 这个选项"),
        ("digitz", 2, "没有“digitz”这个命令。是不是“digits”？"),
        ("digits --epochs many", 2, "--epochs 的值"),
        ("digits --learning-rate fast", 2, "--learning-rate 的值“fast”不对：应当是数。"),
        ("digits --solver adm", 2, "是不是“adam”？"),
        ("digits --epochs", 2, "缺少参数 --epochs 的值"),
        ("digits --epochs 1 --epochs 2", 2, "选项 --epochs 给了不止一次"),
        ("digits more words", 2, "多余的参数"),
        ("train", 2, "缺少参数"),
        ("train good.csv", 2, "缺少 --label：请写出标签那一列的列名"),
        ("digits --epochs 0 --out new", 1, "epochs 应当是不小于 1 的整数，现在是 0"),
        ("digits --learning-rate=-1 --out new", 1, "learning_rate 应当是大于 0 的有限的数，现在是 -1.0"),
        ("digits --dropout 1.5 --out new", 1, "dropout 应当是至少为 0 且小于 1 的有限的数，现在是 1.5"),
        ("digits --n-threads 0 --out new", 1, "n_threads 应当是不小于 1 的整数，现在是 0"),
        ("digits --out used", 1, "--out used 里已有文件；换一个文件夹，或加上 --force 来替换"),
        ("digits --out used --force", 1, "--out used 里的 notes.txt 不是训练写下的；请换一个文件夹"),
        ("digits --out good.csv", 1, "--out good.csv 是文件；请给一个文件夹"),
        ("train none.csv --label label", 1, "没有 none.csv"),
        ("train good.csv --label lable", 1, "没有 'lable' 这一列；是不是 'label'？"),
        ("train missing.csv --label label", 1, "缺少标签"),
        ("train short.csv --label label", 1, "有 2 个值，而列名有 3 个"),
        ("train twice.csv --label label", 1, "有两列都叫 'x'"),
        ("train one.csv --label label", 1, "所有的标签都是 a：至少要有两类"),
        ("train empty.csv --label label", 1, "文件是空的"),
        ("train head.csv --label label", 1, "列名下面没有数据"),
        ("predict bad.safetensors good.csv", 1, "不是 safetensors 文件，或不完整"),
        ("predict none.safetensors good.csv", 1, "没有这个文件或文件夹"),
        ("table strange.md --out new", 1, "不认识；是不是 'hidden units'？"),
        ("table odd.md --out new", 1, "learning_rate"),
        ("table none.md --out new", 1, "没有一张表的表头是超参数，例如学习率"),
        ("table gone.md --out new", 1, "没有 gone.md"),
        ("table good.md --out used", 1, "--out used 里已有与表格无关的文件；请换一个文件夹"),
        ("kaggle", 1, "没有给文件：请给出 train.csv 和 test.csv"),
        ("kaggle good.csv", 1, "请给出 train.csv 和 test.csv"),
        ("check", 1, "check 需要一个文件"),
    ],
)
def test_errors_are_chinese(words, status, said, files):
    found, told, trouble = triceptron(*words.split(), cwd=files)
    assert (found, told) == (status, "")
    assert said in re.sub(r"\s*│\n│ ", "", trouble)
    assert english(trouble) == []
    assert "Traceback" not in trouble


def test_results_are_chinese(files, tmp_path):
    status, told, trouble = triceptron("digits", "--epochs", 20, "--out", tmp_path / "run")
    assert status == 0, trouble
    assert "训练时间" in told
    assert english(told + trouble) == []
    model = tmp_path / "flowers" / "model.safetensors"
    status, told, _ = triceptron(
        "train", files / "good.csv", "--label", "label", "--epochs", 5, "--out", model.parent
    )
    assert (status, english(told)) == (0, [])
    status, told, _ = triceptron("predict", model, files / "good.csv", "--out", tmp_path / "p.csv")
    assert (status, english(told)) == (0, [])
    assert re.match(r"预测了 40 行，其中对了 \d+ 行 = [\d.]+%\n已写入", told)
    status, told, _ = triceptron("table", files / "good.md", "--out", tmp_path / "table")
    assert status == 0
    assert "已写入" in told


def test_a_diverged_training_is_told_in_chinese(tmp_path):
    words = ["digits", "--learning-rate", 1e200, "--epochs", 9, "--out", tmp_path / "run"]
    status, told, trouble = triceptron(*words)
    assert (status, told) == (1, "")
    assert "训练发散了" in trouble
    assert "到那里为止的损失曲线在" in trouble
    assert english(trouble) == []


@pytest.mark.parametrize("encoding", ["gbk", "cp1252", "ascii"])
@pytest.mark.parametrize(
    "words", ["--help", "digits --help", "digits --colour", "digits --out used", "table good.md"]
)
def test_no_encoding_ends_a_command(encoding, words, files, tmp_path):
    more = ["--out", tmp_path / "table"] if words.startswith("table") else []
    done = triceptron(*words.split(), *more, cwd=files, raw=True, PYTHONIOENCODING=encoding)
    assert b"Traceback" not in done.stderr
    told = (done.stdout + done.stderr).decode(encoding)
    assert bool(re.search(r"[\u4e00-\u9fff]", told)) == (encoding == "gbk")  # else English, not ????
    assert "??" not in told


def test_a_plain_locale_is_english_and_has_no_box_that_it_cannot_draw(files):
    done = triceptron("--help", raw=True, LANG="C", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="")
    assert done.returncode == 0
    assert b"Usage: triceptron COMMAND" in done.stdout
    assert done.stdout.isascii()


@pytest.mark.parametrize("words", ["digits --help", "digits --colour", "check steps.py"])
def test_no_color_is_respected(words, tmp_path):
    write_example("steps.py", tmp_path / "steps.py", new=True)
    colours = {}
    for no_color in ("", "1"):
        done = triceptron(
            *words.split(), cwd=tmp_path, raw=True, FORCE_COLOR="1", NO_COLOR=no_color, TERM="xterm"
        )
        colours[no_color] = re.findall(rb"\x1b\[[0-9;]*[34][0-9]", done.stdout + done.stderr)
    assert colours[""]
    assert not colours["1"]


def test_version_names_the_core():
    assert re.fullmatch(r"\d+\.\d+\.\d+（内核：\w+）\n", triceptron("--version")[1])


def test_completion_is_installed_for_the_shell(tmp_path):
    status, told, trouble = triceptron("--install-completion", HOME=str(tmp_path), SHELL="/bin/bash")
    assert status == 0, trouble
    assert "补全脚本已写入" in told
    scripts = [path for path in tmp_path.rglob("triceptron*") if path.is_file()]
    assert any("--learning-rate" in path.read_text() for path in scripts)


def test_ctrl_c_while_modules_are_read_is_silent(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'triceptron.cli.train':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
    )
    assert triceptron("--help", PYTHONPATH=str(tmp_path)) == (1, "", "")
