"""Who handed in what, from folders and zips, whatever they hold."""

import io
import stat
import zipfile

import pytest

from tests.checking.exercise import RIGHT
from triceptron.grading import entries
from triceptron.grading.collecting import collect


def packed(files, path=None):
    """A zip of names and contents, written to a path or returned."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    if path is not None:
        path.write_bytes(into.getvalue())
    return into.getvalue()


def found(*sources):
    submissions, _ = collect(sources)
    return {each.who: each for each in submissions}


def test_a_file_a_folder_and_a_zip_are_a_learner_each(tmp_path):
    (tmp_path / "anna.py").write_text(RIGHT)
    (tmp_path / "bob").mkdir()
    (tmp_path / "bob" / "work.ipynb").write_text("{}")
    packed({"deep/steps.py": RIGHT}, tmp_path / "carl.zip")
    (tmp_path / "README.txt").write_text("the class")
    submissions, ignored = collect([tmp_path])
    assert [(each.who, each.load().main) for each in submissions] == [
        ("anna", "anna.py"),
        ("bob", "work.ipynb"),
        ("carl", "deep/steps.py"),
    ]
    assert [each.split(":")[0] for each in ignored] == ["README.txt"]


def test_moodle_and_canvas_names_give_the_learner_and_the_number(tmp_path):
    packed(
        {
            "Anna Löwe_12_assignsubmission_file_/steps.py": RIGHT,
            "王 小明_34_assignsubmission_file_steps.py": RIGHT,
            "lee_LATE_56_789_steps.py": RIGHT,
            "nobody_78_assignsubmission_file_/report.pdf": b"%PDF",
        },
        tmp_path / "class.zip",
    )
    submissions = found(tmp_path / "class.zip")
    assert {who: (each.identity, each.load().main) for who, each in submissions.items()} == {
        "Anna Löwe": ("12", "steps.py"),
        "王 小明": ("34", "steps.py"),
        "lee": ("56", "steps.py"),
        "nobody": ("78", ""),
    }


def test_the_folder_that_a_zip_was_made_of_is_no_learner(tmp_path):
    packed({"class/a.py": RIGHT, "class/b.py": RIGHT, "__MACOSX/class/._a.py": b"x"}, tmp_path / "class.zip")
    assert list(found(tmp_path / "class.zip")) == ["a", "b"]


def test_chinese_names_of_zips_that_do_not_say_their_encoding(tmp_path):
    raw = packed({"wxyz.py": RIGHT}).replace(b"wxyz", "王明".encode("gb18030"))
    (tmp_path / "class.zip").write_bytes(raw)
    assert list(found(tmp_path / "class.zip")) == ["王明"]


def test_of_several_files_the_one_with_the_steps_is_checked_and_others_lie_beside_it(tmp_path):
    (tmp_path / "anna").mkdir()
    for name, text in {"a_helper.py": "def f(): ...", "net.py": RIGHT, "old.py": "def ReLU(X): ..."}.items():
        (tmp_path / "anna" / name).write_text(text)
    loaded = found(tmp_path)["anna"].load()
    assert loaded.main == "net.py"
    assert {*loaded.files} == {"a_helper.py", "net.py", "old.py"}
    assert loaded.remarks == ("also handed in, and not checked: old.py",)


def test_no_two_reports_have_the_same_name(tmp_path):
    for name in ("anna.py", "Anna.ipynb", "an/na.py", "ANNA.zip"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(packed({"x.py": b""}) if name.endswith("zip") else b"")
    slugs = [each.slug.casefold() for each in collect([tmp_path])[0]]
    assert len({*slugs}) == len(slugs) == 4


def test_a_path_that_leads_out_of_a_zip_is_told_and_nothing_is_written_outside(tmp_path):
    packed(
        {"eve/../../out.py": RIGHT, "eve/steps.py": RIGHT, "/abs.py": RIGHT, "C:\\win.py": RIGHT},
        tmp_path / "class.zip",
    )
    eve = found(tmp_path / "class.zip")["eve"]
    loaded = eve.load()
    assert {*loaded.files} == {"steps.py"}
    assert "leads out of the zip" in loaded.remarks[0]
    folder = tmp_path / "into"
    folder.mkdir()
    assert loaded.write(folder) == folder / "steps.py"
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("into", "class.zip")] == []


def test_links_are_not_followed(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    work = tmp_path / "work"
    (work / "eve").mkdir(parents=True)
    (work / "eve" / "steps.py").symlink_to(tmp_path / "secret.txt")
    (work / "mal.py").symlink_to("/dev/zero")
    link = zipfile.ZipInfo("steps.py")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed({link: "/etc/passwd"}, work / "zed.zip")
    for submission in collect([work])[0]:
        loaded = submission.load()
        assert (loaded.main, loaded.files) == ("", {})
        assert "a link: not followed" in loaded.remarks[0]


def test_what_unpacks_to_too_much_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(entries, "MOST_BYTES", 3_000_000)
    monkeypatch.setattr(entries, "LARGEST_FILE", 2_000_000)
    inner = {f"{number}.py": bytes(1_500_000) for number in range(4)}
    work = tmp_path / "work"
    work.mkdir()
    packed(inner, work / "many.zip")
    packed({"large.py": bytes(2_500_000), "steps.py": RIGHT}, work / "large.zip")
    many, large = found(work)["many"].load(), found(work)["large"].load()
    assert sum(map(len, many.files.values())) <= 3_000_000
    assert "unpacks to more than 3 MB" in many.remarks[-1]
    assert large.main == "steps.py"
    assert "larger than" in large.remarks[0]


def test_zips_within_zips_end_somewhere(tmp_path):
    data = packed({"steps.py": RIGHT})
    for depth in range(6):
        data = packed({f"{depth}.zip": data})
    (tmp_path / "eve.zip").write_bytes(data)
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 no zip")
    submissions = found(tmp_path)
    assert submissions["eve"].load().main == ""
    assert "zips within zips" in submissions["eve"].load().remarks[0]
    assert "not a whole zip" in submissions["bad"].load().remarks[0]


def test_names_that_turn_lines_or_break_them_are_shown_harmless(tmp_path):
    (tmp_path / "a\nb\u202egpj.py").write_text(RIGHT)
    (submission,) = collect([tmp_path])[0]
    assert submission.who.isprintable()
    assert all(name.isprintable() for name in submission.load().files)


def test_nothing_to_grade_is_told(tmp_path):
    with pytest.raises(ValueError, match="no submission in"):
        collect([tmp_path])
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(ValueError, match="neither a folder, a zip"):
        collect([tmp_path / "x.txt"])
