"""One step of a reader's own network in a notebook."""

import base64
import json
import sys

import numpy as np
import pytest

import triceptron
from triceptron import initialize

X, Y_LABELS = np.array([[0.2, -0.4], [1.0, 0.5]]), np.array([0, 2])


def small():
    return initialize(2, 3, 3, rng=4)


def render(browser, widget):
    """Show a widget as a notebook does: its script is a module, its traits go to render."""
    pytest.importorskip("anywidget")
    tab = browser.new_context(locale="en-GB").new_page()
    complaints = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.set_content("<!doctype html><div id='cell'></div>")
    traits = {name: getattr(widget, name) for name in ("problem", "lines", "language", "style")}
    script = base64.b64encode(widget._esm.encode()).decode()
    tab.evaluate(
        """async ([script, traits]) => {
            const module = await import(`data:text/javascript;base64,${script}`);
            module.default.render({ model: { get: (name) => traits[name] }, el: document.getElementById("cell") });
        }""",
        [script, json.loads(json.dumps(traits))],
    )
    assert complaints == []
    return tab


def test_a_notebook_shows_every_matrix_and_where_a_number_comes_from(browser):
    tab = render(browser, triceptron.look(small(), X, Y_LABELS))
    assert tab.locator("figure.matrix").count() == 24
    tab.locator('[data-name="Z"] td').nth(4).click()
    assert "Z[1, 1] = " in tab.locator(".sum").text_content()
    assert tab.locator("td.wrong").count() == 0


def test_parameters_by_name_and_rows_of_Y_do_as_well(browser):
    parameters = {"W1": [[1, 2]], "b1": [[0, 0]], "W2": [[1, 0], [0, 1]], "b2": [[0, 0]]}
    tab = render(browser, triceptron.look(parameters, [[3]], [[0.5, 0.5]], lang="zh"))
    assert "指向一个数" in tab.locator(".sum").text_content()


def test_ones_own_wrong_function_is_outlined(browser):
    def ReLU(Z):
        Z[Z < 0] = 0
        return Z

    def softmax(logits):
        return np.exp(logits)

    tab = render(browser, triceptron.look(small(), X, Y_LABELS, functions={"ReLU": ReLU, "softmax": softmax}))
    assert tab.locator('[data-name="Z"].different').count() == 1
    assert tab.locator('[data-name="P"] td.wrong').count() == 6
    assert tab.locator('[data-name="O"].different').count() == 0
    tab.locator('[data-name="P"] td').first.click()
    assert "(ours: " in tab.locator(".sum").text_content()


@pytest.mark.parametrize("named", [True, False])
def test_ones_own_gradient_gets_the_parameters_as_they_came(named):
    seen = []

    def compute_gradient(Y, P, H, Z, X, parameters):
        seen.append(type(parameters))
        return {"dW1": 0 * X.T @ Z, "db1": 0 * Z[0], "dW2": H.T @ P, "db2": P[0]}

    start = small()._asdict() if named else small()
    triceptron.look(start, X, Y_LABELS, functions={"compute_gradient": compute_gradient})
    assert seen == [dict if named else triceptron.Parameters]


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.ones((2, 3)), [0, 1], r"X must have 1 to 16 rows of 2 features, got shape \(2, 3\)"),
        (np.ones((17, 2)), [0] * 17, "X must have 1 to 16 rows"),
        (X, [0, 3], "y must be 2 labels from 0 to 2"),
        (X, [0.5, 1.0], "y must be 2 labels"),
    ],
)
def test_what_does_not_fit_is_told(X, y, message):
    with pytest.raises(ValueError, match=message):
        triceptron.look(small(), X, y)


def test_missing_parameters_are_told():
    with pytest.raises(ValueError, match="b2 is missing"):
        triceptron.look({"W1": 1, "b1": 1, "W2": 1}, X, Y_LABELS)


def test_without_anywidget_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(ImportError, match=r"pip install 'triceptron\[notebook\]'"):
        triceptron.look(small(), X, Y_LABELS)
