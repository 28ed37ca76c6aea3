"""Pictures in Chinese: their labels, and the letters to draw them with."""

from contextvars import copy_context

import numpy as np
import pytest

from triceptron import plots
from triceptron.language import speak


def in_chinese(function, *arguments, **more):
    def run():
        speak("zh")
        return function(*arguments, **more)

    return copy_context().run(run)


def pictures():
    y, P = np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
    X = np.arange(12.0).reshape(3, 4)
    losses = [0.9, 0.5], [0.8, 0.6]
    yield plots.loss_curve(*losses, final=(0.4, 0.5))
    yield plots.loss_curve(*losses, diverged=True)
    yield plots.loss_curves([losses, losses], ["a", "b"], 1, diverged=[0])
    yield plots.hidden_units(np.arange(8.0).reshape(4, 2), (2, 2))
    yield plots.confusion_matrix(y, P.argmax(axis=1), ["猫", "狗"])
    yield plots.mistakes(X, y, P, ["猫", "狗"], (2, 2))


def words(figure):
    figure.canvas.draw()  # a warning is an error: no letter is missing
    return " ".join(text.get_text() for text in figure.findobj(lambda part: hasattr(part, "get_text")))


@pytest.mark.skipif(plots._chinese_font() is None, reason="no font with Chinese letters is installed")
def test_labels_are_chinese():
    told = " ".join(words(figure) for figure in in_chinese(lambda: list(pictures())))
    for label in (
        "交叉熵损失",
        "训练，每次更新之前",
        "第 3 轮发散",
        "（最好）",
        "隐藏单元",
        "网络的答案",
        "认成 猫",
    ):
        assert label in told


def test_labels_are_english_where_no_font_has_chinese_letters(monkeypatch):
    monkeypatch.setattr(plots, "_chinese_font", lambda: None)
    told = " ".join(words(figure) for figure in in_chinese(lambda: list(pictures())))
    assert "cross-entropy loss" in told
    assert "□" in told  # the classes' names
    assert not any("一" <= letter <= "鿿" for letter in told)


def test_pictures_stay_english_for_python():
    told = " ".join(words(figure) for figure in pictures())
    assert "cross-entropy loss" in told
    assert "损失" not in told
