"""Every sentence is there in both languages, with the same gaps, and each is used."""

import re
from pathlib import Path

from tests.lesson.conftest import PAGE

SENTENCE = re.compile(r'^  "([^"]+)": "((?:[^"\\]|\\.)*)",$', re.MULTILINE)


def sentences(language):
    text = PAGE.joinpath(f"text-{language}.js").read_text("utf-8")
    found = SENTENCE.findall(text)
    assert len(found) == len(dict(found)) == text.count('": "')
    return dict(found)


def test_both_languages_have_the_same_sentences_with_the_same_gaps():
    english, chinese = sentences("en"), sentences("zh")
    assert list(english) == list(chinese)
    for key in english:
        gaps = [
            sorted(re.findall(r"\{\w+\}|`[^`]+`|\$[^$]+\$", text)) for text in (english[key], chinese[key])
        ]
        assert gaps[0] == gaps[1], key


def test_chinese_is_chinese():
    same = [key for key, text in sentences("zh").items() if not re.search(r"[\u4e00-\u9fff]", text)]
    assert sorted(same) == ["watch.init.exercise", "watch.init.he"]


def test_every_sentence_is_used():
    code = "".join(
        path.read_text("utf-8") for path in Path(str(PAGE)).glob("*.js") if not path.name.startswith("text-")
    )
    used = set(re.findall(r'"([a-z]+(?:\.[\w.′]+)?)"', code))
    patterns = [re.escape(t).replace(r"\$\{", "${") for t in re.findall(r"`([a-z$][^`\s]*\.[^`\s]*)`", code)]
    made = [re.sub(r"\\?\$\{.*?\\?\}", r"[\\w.′]+", pattern) for pattern in patterns]
    for key in sentences("en"):
        assert key in used or any(re.fullmatch(pattern, key) for pattern in made), key
