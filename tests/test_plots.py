"""The pictures say what is in the data: asked of the drawn objects, not of the pixels."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from triceptron import plots


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_loss_curve_draws_each_loss_over_epochs_from_one():
    figure = plots.loss_curve([3.0, 2.0, 1.0], [4.0, 3.0, 2.5])
    train, test = figure.axes[0].lines
    assert train.get_xdata().tolist() == [1, 2, 3]
    assert (list(train.get_ydata()), list(test.get_ydata())) == ([3, 2, 1], [4, 3, 2.5])
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("epoch", "cross-entropy loss")
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["training, 1.0000 at the end", "test, 2.5000 at the end"]


def test_loss_curve_of_a_diverging_run_is_drawn_to_the_power():
    assert plots.loss_curve([2.0, 1e5, 1e250]).axes[0].get_yscale() == "log"


def test_loss_curve_of_no_epoch_is_empty_not_an_error():
    assert not plots.loss_curve([]).axes[0].lines


def test_hidden_units_shows_every_column_as_its_image():
    W1 = np.arange(12.0).reshape(6, 2)
    sheet = plots.hidden_units(W1, (2, 3)).axes[0].images[0].get_array()
    for unit in range(2):
        image = W1[:, unit].reshape(2, 3)
        windows = np.lib.stride_tricks.sliding_window_view(sheet.filled(np.nan), (2, 3))
        assert (windows == image).all(axis=(2, 3)).any()


def test_hidden_units_refuses_an_image_shape_of_another_size():
    with pytest.raises(ValueError, match=r"\(8, 8\) holds 64 pixels, but W1 has 6 rows"):
        plots.hidden_units(np.zeros((6, 2)), (8, 8))


def test_confusion_matrix_counts_truth_down_and_answers_across():
    figure = plots.confusion_matrix(np.array([0, 0, 1, 1, 1]), np.array([0, 1, 1, 1, 1]), ("cat", "dog"))
    counts = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert counts == {(0, 0): "1", (1, 0): "1", (1, 1): "3"}
    assert figure.axes[0].get_title() == "4 of 5 right"


def test_mistakes_shows_the_surest_first_with_truth_and_answer():
    P = np.array([[0.6, 0.4], [0.1, 0.9], [0.3, 0.7]])
    figure = plots.mistakes(np.zeros((3, 4)), np.array([1, 0, 1]), P, ("cat", "dog"), (2, 2))
    assert texts(figure) == ["cat, said dog\n(90% sure)", "dog, said cat\n(60% sure)"]
    assert figure.axes[0].get_title() == "2 of 3 wrong, the surest first"


def test_mistakes_without_a_mistake_says_so():
    figure = plots.mistakes(np.zeros((1, 4)), np.array([0]), np.array([[0.9, 0.1]]), ("a", "b"), (2, 2))
    assert texts(figure) == ["all 1 right"]


def test_pictures_draw_into_a_given_ax():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plots.loss_curve([1.0], ax=left) is figure
    assert plots.confusion_matrix(np.array([0]), np.array([0]), ("a", "b"), ax=right) is figure
    assert left.lines
    assert right.images


def test_loss_curves_draw_every_training_on_common_axes_and_the_best_boldly():
    curves = [([3.0, 1.0], [3.0, 2.0]), ([], []), ([3.0], [3.0])]
    figure = plots.loss_curves(curves, ["a", "b", "c"], best=0)
    (axes,) = figure.axes
    assert [line.get_xdata().tolist() for line in axes.lines] == [[1, 2], [1, 2], [], [], [1], [1]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a (best)", "b", "c"]
    widths = [line.get_linewidth() for line in axes.lines]
    assert widths[0] == widths[1] > max(widths[2:])


def test_loss_curves_where_nothing_was_trained_are_empty_not_an_error():
    assert plots.loss_curves([([], [])], ["a (diverged)"]).axes
