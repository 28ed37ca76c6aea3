"""The pictures say what is in the data: asked of the drawn objects, not of the pixels."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from triceptron import plots


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_loss_curve_draws_each_loss_over_epochs_from_one():
    figure = plots.loss_curve(
        [3.0, 2.0, 1.0], [4.0, 3.0, 2.5], recorded=("during", "after"), final=(0.9, 2.5)
    )
    train, test = figure.axes[0].lines
    assert train.get_xdata().tolist() == [1, 2, 3]
    assert (list(train.get_ydata()), list(test.get_ydata())) == ([3, 2, 1], [4, 3, 2.5])
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("epoch", "cross-entropy loss")
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == [
        "training, during each epoch (0.9000 after the last)",
        "test, after each epoch (2.5000 after the last)",
    ]


def test_loss_curve_of_a_diverging_run_is_drawn_to_the_power():
    assert plots.loss_curve([2.0, 1e5, 1e250]).axes[0].get_yscale() == "log"


@pytest.mark.parametrize(
    "loss",
    [[], [2.3], [2.3, 5.0], [2.3, 1.7e308], [2.3, 1e17, 1e200, 1.7e308], [1e307, 1.7e308], [2.3] * 500],
)
def test_loss_curve_of_a_diverged_run_says_in_which_epoch_and_draws_without_a_warning(loss):
    figure = plots.loss_curve(loss, loss, diverged=True)
    (axes,) = figure.axes
    lost = len(loss) + 1
    assert axes.get_title(loc="right") == f"diverged in epoch {lost}"
    assert axes.lines[-1].get_xdata() == [lost]
    assert_drawn_within(figure, 1000, 600)


def assert_drawn_within(figure, width, height):
    """Draw (warnings are errors); the picture is no larger than that, and every text lies in it."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn_width, drawn_height = canvas.get_width_height()
    assert drawn_width <= width
    assert drawn_height <= height
    x0, y0, x1, y1 = figure.get_tightbbox(canvas.get_renderer()).extents * figure.dpi
    assert min(x0, y0) > -2
    assert x1 < drawn_width + 2
    assert y1 < drawn_height + 2


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


def test_augmented_shows_an_image_and_24_of_what_became_of_it():
    image = np.arange(1, 7, dtype=np.uint8)
    figure = plots.augmented(image, (2, 3), lambda X, epoch: X + np.arange(24, dtype=np.uint8)[:, None], "up")
    sheet = figure.axes[0].images[0].get_array()
    np.testing.assert_array_equal(sheet[1:3, 1:4], image.reshape(2, 3))
    np.testing.assert_array_equal(sheet[1:3, 5:8], image.reshape(2, 3))  # the first of the 24
    np.testing.assert_array_equal(sheet[13:15, 17:20], image.reshape(2, 3) + 23)
    assert figure.axes[0].get_title() == "up"


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
    assert [list(line.get_xdata()) for line in axes.lines] == [[1, 2], [1, 2], [], [], [1], [1]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a (best)", "b", "c"]
    widths = [line.get_linewidth() for line in axes.lines]
    assert widths[1] > max(widths[2:])
    assert widths[0] > max(widths[2::2])


def test_loss_curves_where_nothing_was_trained_are_empty_not_an_error():
    assert plots.loss_curves([([], [])], ["a"], diverged=[0]).axes


def falling(start, end, epochs=40):
    return np.geomspace(start, end, epochs).tolist()


def test_a_diverged_training_leaves_the_sound_ones_their_room_and_says_where_it_left():
    sound = [(falling(2.3, 0.01), falling(2.3, 0.1)), (falling(2.4, 1.0), falling(2.4, 1.1))]
    lost = np.geomspace(2.3, 1.7e308, 18).tolist()
    figure = plots.loss_curves([*sound, (lost, lost), ([], [])], list("abcd"), best=0, diverged=[2, 3])
    (axes,) = figure.axes
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["a (best)", "b", "c (diverged in epoch 19)", "d (diverged in epoch 1)"]
    low, high = (axes.transAxes.inverted().transform(axes.transData.transform((1, y)))[1] for y in (0.1, 2.3))
    assert high - low > 0.5
    crosses = [line for line in axes.lines if line.get_marker() == "X"]
    assert [float(cross.get_xdata()[0]) for cross in crosses] == [19, 1]
    assert_drawn_within(figure, 1400, 600)


@pytest.mark.parametrize("rate", [5.0, 1e3, 1e9, 1e300])
def test_every_rate_of_growth_is_drawn_without_a_warning(rate):
    growing = [2.3, 2.3 * rate, min(2.3 * rate, 1e150) ** 2]
    both = [(growing, growing), (falling(2.3, 0.1), falling(2.3, 0.2))]
    for curves, diverged in ((both, [0]), (both[:1], [0]), (both, [])):
        figure = plots.loss_curves(curves, ["x", "y"][: len(curves)], diverged=diverged)
        assert_drawn_within(figure, 1300, 600)


@pytest.mark.parametrize("count", [2, 10, 30, 60])
def test_as_many_rows_as_there_are_each_looks_different_and_none_squeezes_the_plot(count):
    curves = [(falling(2.3, 0.1 + i / 100), falling(2.3, 0.2 + i / 100)) for i in range(count)]
    labels = [
        f"{10 * i}, 0.{i}, full batch, nesterov, one_cycle, and words without end" for i in range(count)
    ]
    figure = plots.loss_curves(curves, labels, 1, title="hidden units, learning rate, batch size")
    (axes,) = figure.axes
    looks = {(line.get_color(), line.get_marker()) for line in axes.get_legend().legend_handles}
    assert len(looks) == count
    assert axes.get_window_extent().width > 700
    assert_drawn_within(figure, 2200, 900)


@pytest.mark.parametrize("epochs", [1, 2, 3, 5, 8, 1000])
def test_epochs_are_counted_in_whole_numbers(epochs):
    for figure in (
        plots.loss_curve(falling(2, 1, epochs)),
        plots.loss_curves([(falling(2, 1, epochs), [])], ["a"]),
    ):
        low, high = figure.axes[0].get_xlim()
        ticks = [tick for tick in figure.axes[0].get_xticks() if low <= tick <= high]
        assert ticks
        assert_drawn_within(figure, 1300, 600)
        assert all(tick == round(tick) >= 1 for tick in ticks)


def test_of_many_hidden_units_the_most_telling_are_an_even_grid():
    W1 = np.random.default_rng(0).normal(size=(784, 800)) * np.linspace(1, 2, 800)
    figure = plots.hidden_units(W1, (28, 28))
    (axes,) = figure.axes
    assert axes.get_title() == "What hidden units look for: the 96 of 800 with the largest weights"
    sheet = axes.images[0].get_array()
    assert sheet.shape[0] * sheet.shape[1] < 97 * 30**2
    assert not sheet[-29:-1, -29:-1].mask.any()  # the last place of the last row
    assert_drawn_within(figure, 1200, 900)


@pytest.mark.parametrize("units", [8, 50, 53, 96])
def test_the_colour_bar_is_as_high_as_the_units(units):
    figure = plots.hidden_units(np.random.default_rng(0).normal(size=(64, units)), (8, 8))
    FigureCanvasAgg(figure).draw()
    sheet, bar = (axes.get_window_extent() for axes in (figure.axes[0], *figure.axes[0].child_axes))
    pixel = sheet.height / figure.axes[0].images[0].get_array().shape[0]
    assert bar.height == pytest.approx(sheet.height - 2 * pixel, abs=1)


def test_of_many_classes_the_most_confused_are_shown_and_their_names_are_cut():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2000, 8000)
    predicted = np.where(y < 4, (y + 1) % 4, y)
    names = [f"a name that is much longer than a picture is wide, number {i}, $5" for i in range(2000)]
    figure = plots.confusion_matrix(y, predicted, names)
    (axes,) = figure.axes
    wrong = int((y < 4).sum())
    assert axes.get_title() == f"{8000 - wrong:,} of 8,000 right; the 20 most confused of 2,000 classes"
    assert axes.images[0].get_array().shape == (20, 20)
    assert_drawn_within(figure, 1300, 1300)


@pytest.mark.parametrize("classes", [2, 3, 10, 25])
def test_a_confusion_matrix_with_long_names_keeps_its_texts_inside(classes):
    y = np.arange(classes)
    figure = plots.confusion_matrix(y, y[::-1], [f"kind of flower {i}" for i in range(classes)])
    assert_drawn_within(figure, 1500, 1500)
