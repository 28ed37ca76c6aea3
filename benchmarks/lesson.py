"""The lesson's page in a headless Chromium: its size, its speed, and the strokes that it reads.

``python -m benchmarks.lesson``; nothing of it is slower in a browser with a screen.
"""

import statistics
import tempfile
from collections import Counter
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.lesson.alphabets import ALPHABETS, CONDITIONS, place
from tests.lesson.conftest import BROWSER, PAGE
from tests.lesson.test_drawing import POINTER
from triceptron.lesson import make_page
from triceptron.lesson.modules import join

FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"

LATENCY = """async () => {
    const pad = document.querySelector(".pad");
    const frame = pad.getBoundingClientRect();
    pad.setPointerCapture = () => {};
    const tell = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind, {
        pointerId: 1, bubbles: true,
        clientX: frame.left + x * frame.width, clientY: frame.top + y * frame.height,
    }));
    const times = [];
    const waiting = window.requestAnimationFrame;
    tell("pointerdown", 0.3, 0.2);
    await new Promise((drawn) => waiting(() => waiting(drawn)));
    for (let i = 1; i < 80; i++) {
        let answer;
        window.requestAnimationFrame = (run) => ((answer = run), 1);  // so that its work can be timed
        const began = performance.now();
        tell("pointermove", 0.3 + 0.3 * Math.sin(i / 12), 0.2 + 0.007 * i);
        answer?.(0);
        document.body.offsetHeight;  // layout included
        times.push(performance.now() - began);
    }
    window.requestAnimationFrame = waiting;
    tell("pointerup", 0.3, 0.8);
    return times;
}"""

EPOCHS = """([digits, n_train]) => {
    const split = data.standardise(data.unpackDigits(data.bytes(digits), n_train));
    const run = new training.Training(split, training.DEFAULTS);
    const rates = [];
    for (let turn = 0; turn < 10; turn++) {
        const began = performance.now();
        for (let i = 0; i < 100; i++) run.epoch();
        rates.push(100_000 / (performance.now() - began));
    }
    return rates;
}"""


def main() -> None:
    page = make_page()
    print(f"one file                  {len(page.encode()):,} bytes")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "lesson.html")
        path.write_text(page, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        measure_paint(browser.new_page(), path)
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.goto(f"{path.as_uri()}#/draw")
        times = tab.evaluate(LATENCY)
        print(f"an answer while drawing   {statistics.median(times):.1f} ms (slowest {max(times):.1f} ms)")
        measure_epochs(browser.new_page(), page)
        read_strokes(tab)
        browser.close()


def measure_paint(tab: Page, path: Path) -> None:
    paints = []
    for _ in range(5):
        tab.goto(path.as_uri())
        tab.wait_for_timeout(700)
        paints.append(tab.evaluate(FIRST_PAINT))
    print(f"first paint from disk     {statistics.median(paints):.0f} ms (slowest {max(paints):.0f} ms)")


def measure_epochs(tab: Page, page: str) -> None:
    tab.goto("about:blank")
    for name in ("data", "training"):
        tab.add_script_tag(content=f"{{{join(PAGE, name)}window.{name} = module_{name};}}")
    digits = page.split('id="digits">')[1].split("<")[0]
    rates = tab.evaluate(EPOCHS, [digits, 1078])
    print(f"epochs a second           {statistics.median(rates):.0f} (best hundred {max(rates):.0f})")


def read_strokes(tab: Page) -> None:
    right: Counter[str] = Counter()
    for alphabet in ALPHABETS:
        for condition in CONDITIONS:
            for digit in range(10):
                strokes = [place(alphabet, digit, condition), round(200 * condition.pen)]
                good = tab.evaluate(POINTER, strokes) == str(digit)
                right[alphabet] += good
                right[condition.name] += good
    for alphabet in ALPHABETS:
        print(f"strokes right, {alphabet:12} {right[alphabet]} of {10 * len(CONDITIONS)}")
    for condition in CONDITIONS:
        print(f"  {condition.name:36} {right[condition.name]} of {10 * len(ALPHABETS)}")


if __name__ == "__main__":
    main()
