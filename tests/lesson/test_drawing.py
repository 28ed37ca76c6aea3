"""Digits are drawn on the pad stroke by stroke, and read."""

import base64

import numpy as np
import pytest

from tests.lesson.alphabets import ALPHABETS, CONDITIONS, place
from tests.lesson.conftest import PHONE, until
from triceptron import initialize
from triceptron.data import Standardisation
from triceptron.files import Model, modelfile
from triceptron.jobs import predict_table

# What a browser tells the pad when a pointer goes along strokes.
POINTER = """([strokes, pen]) => {
    const pad = document.querySelector(".pad");
    const frame = pad.getBoundingClientRect();
    const range = document.querySelector(".pad-tools input");
    range.value = pen;
    range.dispatchEvent(new Event("input"));
    document.querySelector(".pad-tools button").click();
    pad.setPointerCapture = () => {};
    const tell = (kind, [x, y]) => pad.dispatchEvent(new PointerEvent(kind, {
        pointerId: 1, bubbles: true, clientX: frame.left + x * frame.width, clientY: frame.top + y * frame.height,
    }));
    for (const stroke of strokes) {
        tell("pointerdown", stroke[0]);
        for (const point of stroke.slice(1)) tell("pointermove", point);
        tell("pointerup", stroke[stroke.length - 1]);
    }
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
        () => done(document.querySelector(".answer").textContent))));
}"""


@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_every_hand_is_read_thick_thin_small_off_centre_turned_and_slanted(open_lesson, alphabet):
    tab = open_lesson("#/draw")
    wrong = []
    for condition in CONDITIONS:
        for digit in range(10):
            strokes = place(alphabet, digit, condition)
            answer = tab.evaluate(POINTER, [strokes, round(200 * condition.pen)])
            if answer != str(digit):
                wrong.append(f"{condition.name}: {digit} read as {answer}")
    assert len(wrong) <= 0.05 * 10 * len(CONDITIONS), wrong


def draw_with_mouse(tab, strokes):
    frame = tab.locator(".pad").bounding_box()
    for stroke in strokes:
        (x, y), *others = [
            (frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in stroke
        ]
        tab.mouse.move(x, y)
        tab.mouse.down()
        for x, y in others:
            tab.mouse.move(x, y)
        tab.mouse.up()


@pytest.mark.parametrize("digit", range(10))
def test_a_mouse_draws_and_the_answer_is_there(open_lesson, digit):
    tab = open_lesson("#/draw")
    draw_with_mouse(tab, place("Hershey", digit, CONDITIONS[0]))
    until(tab, f"document.querySelector('.answer').textContent === '{digit}'")


def test_a_finger_draws_and_two_fingers_scroll(open_lesson):
    tab = open_lesson("#/draw", options=PHONE)
    touch = tab.context.new_cdp_session(tab)
    frame = tab.locator(".pad").bounding_box()

    def tell(kind, *points):
        places = [
            {"x": frame["x"] + x * frame["width"], "y": frame["y"] + y * frame["height"], "id": i}
            for i, (x, y) in enumerate(points)
        ]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    for stroke in place("school", 4, CONDITIONS[0]):
        tell("touchStart", stroke[0])
        for point in stroke[1:]:
            tell("touchMove", point)
        tell("touchEnd")
    until(tab, "document.querySelector('.answer').textContent === '4'")
    assert tab.evaluate("scrollY") == 0
    tell("touchStart", (0.3, 0.6))
    tell("touchStart", (0.3, 0.6), (0.6, 0.6))
    for y in (0.5, 0.4, 0.3):
        tell("touchMove", (0.3, y), (0.6, y))
    tell("touchEnd")
    until(tab, "scrollY > 30")
    assert tab.locator(".answer").text_content() == "4"  # and the second finger has not drawn


def test_the_keyboard_alone_draws_and_a_reader_hears_the_answer(open_lesson):
    tab = open_lesson("#/draw")
    tab.locator(".pad").focus()
    for keys in ("Delete", "Space", *["ArrowDown"] * 18, "Space"):
        tab.keyboard.press(keys)
    until(tab, "document.querySelector('.answer').textContent === '1'")
    until(tab, "[...document.querySelectorAll('[aria-live]')].some((e) => /^1, /.test(e.textContent))")
    tab.keyboard.press("Backspace")
    tab.get_by_text("Draw a digit on the pad.").wait_for()


def test_without_preparation_a_small_digit_in_a_corner_is_misread(open_lesson):
    tab = open_lesson("#/draw")
    corner = CONDITIONS[0]._replace(height=0.25, x=0.2, y=0.8, pen=0.02)
    wrong = {True: 0, False: 0}
    for prepared in wrong:
        tab.get_by_role("switch").set_checked(prepared)
        for digit in range(10):
            answer = tab.evaluate(POINTER, [place("school", digit, corner), 4])
            wrong[prepared] += answer != str(digit)
    assert wrong[True] == 0
    assert wrong[False] >= 5


def test_what_is_drawn_is_in_the_address(open_lesson):
    tab = open_lesson("#/draw")
    draw_with_mouse(tab, place("continental", 7, CONDITIONS[0]))
    until(tab, "location.hash.includes('ink=')")
    again = open_lesson(tab.evaluate("location.hash"))
    assert again.locator(".answer").text_content() == "7"
    assert again.locator(".sure").text_content() == tab.locator(".sure").text_content()


def test_the_drawn_digit_lies_as_mnists_do(modules):
    strokes = [[{"x": x, "y": y} for x, y in stroke] for stroke in place("school", 5, CONDITIONS[6])]
    pixels = modules.evaluate("([strokes]) => [...preprocessing.prepare(strokes, 0.03).pixels]", [strokes])
    image = np.reshape(pixels, (28, 28)).astype(float)
    rows, cols = np.flatnonzero(image.max(axis=1) > 40), np.flatnonzero(image.max(axis=0) > 40)
    assert 19 <= max(np.ptp(rows), np.ptp(cols)) + 1 <= 21  # a box of 20 × 20
    for axis in (0, 1):  # and the centre of mass where MNIST has it: pixel 14 of 0 to 27
        assert image.sum(axis=axis) @ np.arange(28) / image.sum() == pytest.approx(14, abs=0.1)


def test_teaching_makes_it_say_what_it_is_told_and_the_digits_go_out_as_kaggles_csv(open_lesson, tmp_path):
    tab = open_lesson("#/draw", accept_downloads=True)
    draw_with_mouse(tab, [[(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3)]])
    tab.get_by_role("group", name="What you drew").get_by_role("button", name="8").click()
    tab.get_by_text("After 15 steps").wait_for()
    assert tab.locator(".answer").text_content() == "8"
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Your digits as CSV").click()
    table = tmp_path / download.value.suggested_filename
    download.value.save_as(table)
    heading, row = table.read_text().splitlines()
    assert heading.split(",")[:3] == ["label", "pixel0", "pixel1"]
    assert row.split(",")[0] == "8"
    assert len(row.split(",")) == 785
    again = open_lesson(tab.evaluate("location.hash"))  # what it was taught is in the address
    assert again.locator(".answer").text_content() == "8"
    assert again.locator(".sure").text_content() == tab.locator(".sure").text_content()


def test_the_csv_of_ones_digits_is_read_by_the_command_that_predicts(modules, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (3, 784))
    lessons = [{"label": k, "pixels": row.tolist()} for k, row in enumerate(pixels)]
    table = tmp_path / "my-digits.csv"
    table.write_text(modules.evaluate("l => teaching.kaggleCsv(l, [...'0123456789'])", lessons))
    kaggles = Model(
        initialize(784, 5, 10, dtype=np.float32),
        np.arange(10),
        Standardisation.of_pixels(784),
        feature_names=tuple(f"pixel{p}" for p in range(784)),
        label="label",
    )
    modelfile.write(kaggles, tmp_path / "model.safetensors")
    read = predict_table(tmp_path / "model.safetensors", table)
    np.testing.assert_allclose(read.P, kaggles.predict_proba(pixels.astype(np.uint8)), rtol=1e-5)
    assert read.labels.tolist() == ["0", "1", "2"]


def test_a_model_of_ones_own_reads_and_a_bad_file_is_told(open_lesson, tmp_path):
    own, small, broken = (tmp_path / f"{name}.safetensors" for name in ("own", "small", "broken"))
    modelfile.write(Model(initialize(784, 7, 3, dtype=np.float32), np.array(["ant", "bee", "cat"])), own)
    modelfile.write(Model(initialize(64, 7, 3), np.arange(3)), small)
    broken.write_bytes(b"\xff" * 100)
    tab = open_lesson("#/draw")
    tab.set_input_files("#model-file", own)
    tab.get_by_text("own.safetensors reads now: 784-7-3.").wait_for()
    assert tab.locator(".answer").text_content() in ("ant", "bee", "cat")
    tab.set_input_files("#model-file", small)
    tab.get_by_text("It wants 64 features").wait_for()
    tab.set_input_files("#model-file", broken)
    tab.get_by_text("It is no safetensors file").wait_for()
    tab.get_by_role("button", name="Back to the page's own").click()
    assert tab.locator(".answer").text_content() == "5"


def test_ink_of_an_address_that_is_no_drawing_is_an_empty_pad(open_lesson, modules):
    assert modules.evaluate("ink.decode('***')") == []
    blank = base64.urlsafe_b64encode(bytes(10_000)).decode()
    assert modules.evaluate("text => ink.decode(text)", blank) == []
    assert open_lesson("#/draw?ink=%%%").locator(".answer").text_content() == ""
