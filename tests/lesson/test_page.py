"""The page as a person uses it: every chapter, on a desktop and a phone, in both languages."""

import re
from pathlib import Path

import pytest

from tests.lesson.conftest import DESKTOP, PHONE, SCREENS, until
from triceptron import steps

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
CHAPTERS = ["draw", "watch", "step", "break"]
SHORT = "&hidden=8&epochs=12"


@pytest.fixture(params=SCREENS, ids=lambda screen: screen.name)
def lesson(request, open_lesson):
    """Open the page on one of the screens; words are looked up in its language."""

    def open_(address=""):
        tab = open_lesson(address, options=request.param.options, language=request.param.language)
        tab.chinese = request.param.language.startswith("zh")
        return tab

    return open_


def word(tab, english, chinese):
    return chinese if tab.chinese else english


def test_it_speaks_the_browsers_language_and_the_other_at_a_click(lesson):
    tab = lesson("#/step")
    assert tab.locator("html").get_attribute("lang") == word(tab, "en", "zh-CN")
    tab.get_by_role("button", name=word(tab, "中文", "English"), exact=True).click()
    assert tab.locator("html").get_attribute("lang") == word(tab, "zh-CN", "en")
    assert "lang=" in tab.evaluate("location.hash")


def test_nothing_is_wider_than_the_screen(lesson):
    for address in (*(f"#/{chapter}?{SHORT}" for chapter in CHAPTERS), "#/step?net=digits&n=4&cell=Z.0.1"):
        tab = lesson(address)
        wide = tab.evaluate("Math.max(document.documentElement.scrollWidth, innerWidth)")
        assert wide <= tab.viewport_size["width"], address
        for matrix in tab.locator(".matrix").all():  # and no two matrices lie on one another
            inside = matrix.evaluate("(m) => m.scrollWidth <= m.clientWidth + 1")
            assert inside, (address, matrix.get_attribute("data-name"))


def test_the_chapters_are_a_click_apart_and_back_leads_back(lesson):
    tab = lesson()
    for number in (1, 2, 3, 0):
        tab.get_by_role("navigation").get_by_role("link").nth(number).click()
        until(tab, f"location.hash.startsWith('#/{CHAPTERS[number]}')")
        until(tab, "document.activeElement.tagName === 'H1'")
    tab.go_back()
    until(tab, "location.hash.startsWith('#/break')")


def test_watch_plays_pauses_and_goes_on_an_epoch_at_a_time(lesson):
    tab = lesson("#/watch?hidden=8&epochs=300&speed=1")  # long enough for a slow machine to pause it
    play, pause = word(tab, "Play", "开始"), word(tab, "Pause", "暂停")
    tab.get_by_role("button", name=play, exact=True).click()
    until(tab, "Number(document.querySelector('.figures b').textContent) >= 1")
    tab.get_by_role("button", name=pause, exact=True).click()
    shown = "document.querySelector('.figures b').textContent"
    tab.wait_for_timeout(1000)  # what was on its way when it paused is drawn
    at = int(tab.locator(".figures b").first.text_content())
    tab.get_by_role("button", name=word(tab, "One epoch", "走一轮"), exact=True).click()
    until(tab, f"{shown} === '{at + 1}'")
    assert f"at={at + 1}" in tab.evaluate("location.hash")


def test_watch_keeps_the_earlier_run_beside_the_new_one(lesson):
    tab = lesson(f"#/watch?{SHORT}&at=12")
    until(tab, "document.querySelector('.figures b').textContent === '12'")
    loss = tab.locator(".figures b").nth(1).text_content()
    rate = tab.get_by_role("spinbutton", name=word(tab, "Learning rate", "学习率"))
    rate.fill("0.5")
    rate.press("Enter")
    assert tab.locator(".curve.faint").count() == 2
    assert loss in tab.locator(".figures").text_content()
    before = tab.evaluate("location.hash")
    assert "before=8_0.03_0_12_exercise_32_12" in before
    again = lesson(before)
    until(again, f"document.querySelector('.figures').textContent.includes('{loss}')")


def test_watch_shows_units_confusion_and_the_digits_it_gets_wrong(lesson):
    tab = lesson("#/watch?init=he&rate=0.3&epochs=30&at=30")
    until(tab, "document.querySelector('.figures b').textContent === '30'")
    counts = [int(text) for text in tab.locator(".confusion td").all_text_contents() if text]
    assert sum(counts) == 719
    correct = int(tab.locator(".figures b").nth(3).text_content())
    assert str(719 - correct) in tab.locator(".mistakes-panel .note").text_content()
    assert tab.locator(".mistakes li").count() == min(719 - correct, 40)


def test_watch_says_that_a_run_diverged(lesson):
    tab = lesson("#/watch?rate=30&epochs=4&init=he&at=4")
    tab.get_by_text(word(tab, "It diverged", "训练发散了")).wait_for()


def test_a_number_of_a_step_shows_what_made_it(lesson):
    tab = lesson("#/step")
    cell = tab.locator('[data-name="Z"] td').first
    cell.click()
    assert tab.locator('[data-name="X"] td.made').count() == 4
    assert tab.locator('[data-name="W1"] td.made').count() == 4
    assert tab.locator('[data-name="b1"] td.made').count() == 1
    told = tab.locator(".sum").text_content().replace("−", "-")
    _, sum_, result = told.split(" = ")
    assert eval(sum_.replace("×", "*")) == pytest.approx(float(result), abs=1e-9)  # as anyone can reckon
    assert "cell=Z.0.0" in tab.evaluate("location.hash")
    again = lesson(tab.evaluate("location.hash"))
    assert again.locator(".sum").text_content() == tab.locator(".sum").text_content()


@pytest.mark.parametrize("number", range(1, 14))
def test_each_equation_is_shown_with_its_line_of_the_lesson(open_lesson, number):
    tab = open_lesson(f"#/step?eq={number}")
    assert tab.locator(".formula math").count() == 1
    source = Path(steps.__file__).read_text("utf-8")
    lines = tab.locator(".code code").all_text_contents()
    assert lines
    for line in lines:
        function, code = re.fullmatch(r"(\w+)  (.+)", line).groups()
        assert f"def {function}(" in source
        assert any(code in text and f"({number})" in text for text in source.splitlines())


def test_the_keyboard_walks_through_equations_and_numbers(open_lesson):
    tab = open_lesson("#/step")
    tab.get_by_role("button", name="all", exact=True).focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    assert "eq=3" in tab.evaluate("location.hash")
    assert tab.locator('[data-name="P"].unknown').count() == 1  # not computed yet
    tab.locator('[data-name="O"] td').first.focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowDown")
    assert "O[1, 1]" in tab.locator(".sum").text_content()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")
    assert "Point at a number" in tab.locator(".sum").text_content()


def test_steps_lower_the_loss_and_can_be_taken_back(lesson):
    tab = lesson("#/step")
    loss = tab.locator('[data-name="loss"] td')
    first, after = (
        float(tab.locator(f'[data-name="{name}"] td').text_content()) for name in ("loss", "loss′")
    )
    tab.get_by_role("button", name=word(tab, "Take the step", "走这一步")).click()
    assert float(loss.text_content()) == after < first
    tab.get_by_role("button", name=word(tab, "Step back", "退一步")).click()
    assert float(loss.text_content()) == first


def test_the_large_network_is_drawn_in_colours_and_read_cell_by_cell(lesson):
    tab = lesson("#/step?net=digits&n=3")
    box = tab.locator('[data-name="W1"] .pixels')
    assert "W1" in box.get_attribute("aria-label")
    box.focus()
    tab.keyboard.press("ArrowDown")
    assert "[1, 0]" in tab.locator(".sum").text_content()


@pytest.mark.parametrize(
    "fault", ["relu_in_place", "n_twice", "wrong_mask", "missing_minus", "extra_slope", "mean_bias"]
)
def test_central_differences_disagree_with_a_broken_gradient(open_lesson, fault):
    tab = open_lesson(f"#/break?fault={fault}")
    assert re.match(r"\d+ of 43 derivatives disagree", tab.locator(".differences-panel h2").text_content())
    wrong = tab.locator(".pair td.wrong").first
    wrong.click()
    assert "They disagree." in tab.locator(".differences-panel .sum").text_content()


@pytest.mark.parametrize("fault", ["none", "whole_maximum", "same_seed", "plain_softmax"])
def test_they_agree_where_the_gradient_is_right(open_lesson, fault):
    tab = open_lesson(f"#/break?fault={fault}")
    assert tab.locator(".differences-panel h2").text_content().startswith("All 43 derivatives agree")
    assert (tab.locator(".shown").text_content() == "") == (fault == "none")


def test_a_fault_is_put_in_the_loss_still_falls_and_the_checker_speaks(lesson):
    tab = lesson("#/break?fault=none")
    tab.get_by_role("radio", name=word(tab, "1/n twice", "除了两次 n")).click()
    until(tab, "document.querySelectorAll('.loss-panel tbody tr').length === 2")
    until(tab, "/9\\d\\.\\d %/.test(document.querySelectorAll('.loss-panel tbody td')[5].textContent)", 90)
    assert "compute_gradient" in tab.locator("blockquote").text_content()
    assert tab.locator(".line-diff .is").text_content().endswith("dW2 = H.T @ dO / n")
    assert "fault=n_twice" in tab.evaluate("location.hash")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("options", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_reports_nothing(open_lesson, chapter, theme, options):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make node_modules/.installed")
    for address in (
        f"?theme={theme}{SHORT}",
        f"?theme={theme}&lang=zh&net=digits&init=he&rate=0.3&epochs=5&at=5&cell=Z.0.1",
    ):
        tab = open_lesson(f"#/{chapter}{address}", options=options)
        tab.wait_for_timeout(600)
        tab.evaluate(f"() => {{ {AXE.read_text('utf-8')} }}")
        found = tab.evaluate("axe.run()")["violations"]
        told = [
            (
                each["id"],
                [node["html"][:160] for node in each["nodes"][:3]],
                each["nodes"][0]["failureSummary"],
            )
            for each in found
        ]
        assert told == []


def test_the_light_follows_the_system_and_the_switch(open_lesson):
    tab = open_lesson("#/draw", color_scheme="dark")
    dark = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.get_by_role("button", name="Light: auto").click()
    tab.get_by_role("button", name="Dark", exact=True).click()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != dark


def test_without_motion_nothing_moves(open_lesson):
    tab = open_lesson("#/draw", reduced_motion="reduce")
    assert tab.evaluate("getComputedStyle(document.querySelector('.bars i')).transitionDuration") == "0s"


def test_an_address_that_means_nothing_opens_the_page_all_the_same(open_lesson):
    for address in (
        "#/nowhere?x=1",
        "#/watch?hidden=-3&rate=nan&at=1e9&before=1_2",
        "#/step?cell=Q.9.9&n=99&eq=77",
        "#/break?fault=x",
    ):
        tab = open_lesson(address)
        assert tab.locator("h1").count() == 1
