"""A headless browser with the page in it, as a person would have it: from a file, without a network."""

import shutil
import time
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import pytest

from triceptron.lesson import make_page
from triceptron.lesson.modules import join

PAGE = files("triceptron.lesson") / "page"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


class Screen(NamedTuple):
    name: str
    options: dict
    language: str


SCREENS = [
    Screen("desktop, English", DESKTOP, "en-GB"),
    Screen("desktop, Chinese", DESKTOP, "zh-CN"),
    Screen("phone, English", PHONE, "en-GB"),
    Screen("phone, Chinese", PHONE, "zh-CN"),
]


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def lesson_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("lesson") / "lesson.html"
    path.write_text(make_page(), encoding="utf-8")
    return path


@contextmanager
def quiet_tab(browser, **options):
    """A tab of its own that must neither complain nor ask for anything but files."""
    context = browser.new_context(**options)
    tab = context.new_page()
    tab.set_default_timeout(60_000)
    heard = []
    tab.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
    tab.on("pageerror", lambda error: heard.append(str(error)))
    tab.on(
        "request", lambda asked: asked.url.startswith(("file:", "data:", "blob:")) or heard.append(asked.url)
    )
    yield tab
    context.close()
    assert heard == []


def until(tab, condition, seconds=60):
    """Wait for a condition in JavaScript; the page's own policy forbids what playwright would do for it.

    A condition about what is not drawn yet is not true yet, on a slow machine too.
    """
    deadline = time.monotonic() + seconds
    while not tab.evaluate(f"() => {{ try {{ return {condition}; }} catch {{ return false; }} }}"):
        assert time.monotonic() < deadline, f"never came true: {condition}"
        tab.wait_for_timeout(50)


@pytest.fixture
def open_lesson(browser, lesson_file):
    """Open the page at an address; the test fails if it complains or asks for anything."""
    opened = []

    def open_(address="", *, options=DESKTOP, language="en-GB", **more):
        manager = quiet_tab(browser, locale=language, **{**options, **more})
        tab = manager.__enter__()
        opened.append(manager)
        tab.goto(f"{lesson_file.as_uri()}{address}")
        return tab

    yield open_
    for manager in opened:
        manager.__exit__(None, None, None)


@pytest.fixture(scope="session")
def modules(browser):
    """A tab in which the page's modules can be called by name, without the page."""
    tab = browser.new_context().new_page()
    tab.set_default_timeout(120_000)
    names = [path.name.removesuffix(".js") for path in Path(str(PAGE)).glob("*.js")]
    tab.goto("about:blank")
    for name in (
        "matrix",
        "random",
        "training",
        "faults",
        "data",
        "model",
        "preprocessing",
        "teaching",
        "differences",
        "ink",
    ):
        assert name in names
        tab.add_script_tag(content=f"{{{join(PAGE, name)}window.{name} = module_{name};}}")
    tab.evaluate("window.steps = training.STEPS")
    return tab
