"""The pictures, one function each: draw into an ``ax`` (a new one where none is given), return the Figure.

All of them share one look; the colours (Okabe and Ito) are told apart by colour-blind readers too.
"""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from math import ceil
from textwrap import fill
from unicodedata import east_asian_width

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from triceptron.arrays import Floats, Labels, Matrix
from triceptron.language import say

__all__ = ["augmented", "confusion_matrix", "hidden_units", "loss_curve", "loss_curves", "mistakes"]

_LETTER = 0.085
"""Inches that a letter takes at the usual size, for margins."""

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#555555"

_HUES = (
    BLUE,
    VERMILION,
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#8C510A",
    "#6A3D9A",
    "#7F8C2D",
)
_MARKERS = ("", "o", "^", "s", "D", "v")
"""Ten hues that are told apart; with the markers for sixty lines."""

_MOMENTS = {"before": "before each update", "during": "during each epoch", "after": "after each epoch"}
_LARGEST = 1e300
"""Where a picture of a loss on its way to infinity ends: matplotlib reckons with ten times as much."""

_CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
    "Arial Unicode MS",
)

_MOST_UNITS = 96
_MOST_CLASSES, _MOST_CONFUSED = 25, 20
_LONGEST_NAME, _LONGEST_LABEL = 14, 48


def loss_curve(
    train_loss: Sequence[float],
    test_loss: Sequence[float] = (),
    *,
    recorded: tuple[str, str] = ("before", "before"),
    final: tuple[float, float] | None = None,
    diverged: bool = False,
    ax: Axes | None = None,
) -> Figure:
    """Draw the losses over the epochs.

    Parameters
    ----------
    train_loss, test_loss : sequence of float
        One value an epoch; `test_loss` may be empty.
    recorded : (str, str)
        When they were taken, "before", "during" or "after"; see `triceptron.training.Recorded`.
    final : (float, float), optional
        Both losses of the trained network, for the legend.
    diverged : bool
        Whether the next epoch was lost.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
    """
    ax = _axes(ax, (8, 4.8), left=0.75, bottom=0.55, right=0.3, top=0.4 if diverged else 0.15)
    parts = (("training, {1}", train_loss, BLUE, "-"), ("test, {1}", test_loss, VERMILION, "--"))
    for i, (name, loss, colour, dash) in enumerate(parts):
        if len(loss):
            label = _say(name, _say(_MOMENTS[recorded[i]]))
            if final is not None:
                label = _say("{1} ({2:.4f} after the last)", label, final[i])
            shown = np.minimum(loss, _LARGEST)
            marker = "." if len(loss) < 30 else ""
            ax.plot(_epochs(loss), shown, dash, color=colour, linewidth=2, label=label, marker=marker)
    values = [min(value, _LARGEST) for _, loss, _, _ in parts for value in loss]
    highest = max(values, default=1.0)
    if values and (diverged or highest > 100 * values[0]):  # on the way to infinity
        top = min(max(10 * highest, 1000 * values[0]), 10 * _LARGEST)
        ax.set_ylim(max(min(values) / 3, 1e-6), top)  # before the scale, which would look for room itself
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(FixedLocator(_decades(*ax.get_ylim(), 6)))
        ax.yaxis.set_minor_locator(FixedLocator([]))
    else:
        ax.set_ylim(bottom=0, top=1.05 * highest or 1)
    if diverged:
        _mark_divergence(ax, train_loss)
    ax.set_ylabel(_say("cross-entropy loss"))
    _finish_epochs(ax, len(train_loss) + diverged)
    if len(train_loss):
        ax.legend(frameon=False, loc="lower right" if diverged else "best")
    return _finish(ax)


def _mark_divergence(ax: Axes, loss: Sequence[float]) -> None:
    """Let the curve leave through the top in the epoch that was lost, and say which that was."""
    lost, top = len(loss) + 1, ax.get_ylim()[1]
    if len(loss):
        ax.plot([lost - 1, lost], [min(loss[-1], _LARGEST), top], ":", color=BLUE, linewidth=2, zorder=3)
    ax.plot([lost], [top], "X", color=BLUE, markersize=9, clip_on=False, zorder=5)
    ax.set_title(_say("diverged in epoch {1:,}", lost), loc="right", fontsize=10, color=BLUE)


def loss_curves(
    curves: Sequence[tuple[Sequence[float], Sequence[float]]],
    labels: Sequence[str],
    best: int | None = None,
    *,
    title: str = "",
    diverged: Collection[int] = (),
    recorded: Sequence[tuple[str, str]] = (("before", "before"),),
    ax: Axes | None = None,
) -> Figure:
    """Draw the losses of several trainings on common axes.

    Parameters
    ----------
    curves : sequence of (train_loss, test_loss)
        One value an epoch each.
    labels : sequence of str
        What tells each training from the others.
    best : int, optional
        The training to be drawn boldly.
    title : str
        What the labels are values of.
    diverged : collection of int
        The trainings whose next epoch was lost: a cross marks it.
    recorded : sequence of (str, str)
        When the losses were taken, a pair for each training or one for all; see `loss_curve`.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        A hue (from ten trainings on, with a marker) a training; training losses are dashed, test losses
        solid. The axis has the square roots, so that neither the beginnings nor the ends fuse; what rises
        far above the beginnings is drawn in a band on top, which has the logarithms.
    """
    names = [_cut(label, _LONGEST_LABEL) for label in labels]
    lost = {i: len(curves[i][0]) + 1 for i in diverged}
    if best is not None:
        names[best] = _say("{1} (best)", names[best])
    for i, epoch in lost.items():
        names[i] = _say("{1} (diverged in epoch {2:,})", names[i], epoch)
    columns = -(-len(curves) // 32)
    entry = 0.75 + 0.075 * max(map(_width, names), default=0)
    heading = fill(title, max(16, int((entry * columns - 0.3) / 0.075)))
    lines = -(-len(curves) // max(columns, 1)) + heading.count("\n") + 1
    height, legend = max(4.8, 1.0 + 0.185 * lines), max(entry * columns, 1.4)
    ax = _axes(ax, (7.2 + legend, height), left=0.75, bottom=0.55, right=0.2 + legend, top=0.4)

    usual, highest = _heights(curves, diverged)
    crowd = len(curves) > 12
    last = max([*(len(loss) for loss, _ in curves), *lost.values()], default=0)
    _set_loss_axis(ax, usual, highest)
    handles = []
    for i, (train_loss, test_loss) in enumerate(curves):
        hue, marker = _HUES[i % len(_HUES)], _MARKERS[i // len(_HUES) % len(_MARKERS)]
        bold = i == best
        width, layer = (2.8, 3.5) if bold else (1.2 if crowd else 1.6, 3)
        for loss, dash in ((train_loss, (0, (3, 2))), (test_loss, "-")):
            solid = dash == "-"
            line = np.clip(loss, 0, highest)
            epochs = _epochs(line)
            if i in lost and len(line):
                line, epochs = np.append(line, highest), np.append(epochs, lost[i])
            (drawn,) = ax.plot(epochs, line, color=hue, linestyle=dash, zorder=layer if solid else 2)
            drawn.set_linewidth(width if solid else 0.6 * width)
            if solid:  # a white edge keeps lines apart that run close to one another
                drawn.set_path_effects([Stroke(linewidth=width + 1.2, foreground="white"), Normal()])
                drawn.set_marker(marker or ("o" if len(loss) < 2 else ""))
                drawn.set_markersize(5)
                step = max(1, last // 8)
                drawn.set_markevery((i % step, step) if len(line) > step else 1)
            else:
                drawn.set_alpha(0.5 if crowd else 0.8)
        if i in lost:
            ax.plot([lost[i]], [highest], "X", color=hue, markersize=9, clip_on=False, zorder=5)
        handles.append(Line2D([], [], color=hue, marker=marker, markersize=5, linewidth=2.8 if bold else 1.6))
    ax.set_ylabel(_say("cross-entropy loss (square-root scale)"))
    _finish_epochs(ax, last)
    said = [" / ".join(dict.fromkeys(_say(_MOMENTS[pair[part]]) for pair in recorded)) for part in (0, 1)]
    lines_mean = _say("solid: test loss, {1}    dashed: training loss, {2}", said[1], said[0])
    ax.set_title(lines_mean, fontsize=9, loc="left")
    shown = ax.legend(
        handles,
        names,
        title=heading or None,
        ncols=max(columns, 1),
        frameon=False,
        fontsize=9,
        title_fontsize=9,
        labelspacing=0.3,
        columnspacing=1,
        alignment="left",
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
    )
    if best is not None:
        shown.get_texts()[best].set_fontweight("bold")
    return _finish(ax)


def _heights(
    curves: Sequence[tuple[Sequence[float], Sequence[float]]], diverged: Collection[int]
) -> tuple[float, float]:
    """Return up to where losses are usual, above most beginnings and ends, and the highest to be drawn."""
    finite = [
        (i, [value for value in loss if value < _LARGEST]) for i, pair in enumerate(curves) for loss in pair
    ]
    starts = [loss[0] for _, loss in finite if loss]
    ends = [loss[-1] for i, loss in finite if loss and i not in diverged]
    middle = float(np.median(starts)) if starts else 1.0
    usual = 1.08 * max([middle, *(value for value in [*starts, *ends] if value < 3 * middle)]) or 1.0
    highest = max([value for pair in curves for loss in pair for value in loss], default=usual)
    highest = min(10 * highest if diverged else highest, _LARGEST)
    return usual, 100 * usual if diverged and highest < 100 * usual else max(highest, usual)


def _set_loss_axis(ax: Axes, usual: float, highest: float) -> None:
    """Give the axis square roots up to `usual` and, where it goes on, logarithms in the band above."""
    band = highest > usual
    share = 0.8 if band else 1.0
    decades = np.log10(highest / usual) if band else 1.0

    def place(y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        y = np.maximum(y, 0)
        above = share + (1 - share) * np.log10(np.maximum(y / usual, 1)) / decades
        return np.where(y <= usual, share * np.sqrt(np.minimum(y / usual, 1)), above)

    def value(place: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        above = np.clip((place - share) / max(1 - share, 0.1), 0, 1) * decades
        return np.where(place <= share, usual * (place / share) ** 2, usual * 10**above)

    ax.set_ylim(0, highest)  # before the scale, which would look for room itself
    ax.set_yscale("function", functions=(place, value))
    marks = [mark * 10.0**power for power in range(-4, 5) for mark in (1, 2, 5)]
    ticks = [0, *(mark for mark in marks if usual / 40 < mark < 0.95 * usual)]
    if band:
        ticks += [tick for tick in _decades(usual, highest, 3) if np.log10(tick / usual) > 0.2 * decades]
        ax.axhspan(usual, highest, color="0.95", zorder=0)
    ax.yaxis.set_major_locator(FixedLocator(ticks))
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda tick, _: f"{tick:g}" if tick < 1e4 else f"$10^{{{np.log10(tick):.0f}}}$")
    )


def _decades(low: float, high: float, most: int) -> list[float]:
    """Return evenly spaced powers of ten within the limits, about so many."""
    first, last = np.log10([low, high])
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if step * most >= last - first)
    powers = range(ceil(first / step) * step, int(last) + 1, step)
    return [10.0**power for power in powers]


def _epochs(loss: Sequence[float] | npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.arange(1, len(loss) + 1)


def _finish_epochs(ax: Axes, last: int) -> None:
    """Number the epochs in whole numbers, from the first to the last."""
    ax.set_xlabel(_say("epoch"))
    room = min(0.01 * (last - 1), 0.4) if last > 1 else 0.5
    ax.set_xlim(1 - room, max(last, 1) + room)
    whole = MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10])
    ax.xaxis.set_major_locator(whole if last > 1 else FixedLocator([1]))
    ax.grid(color="0.9")
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def hidden_units(W1: Floats, image_shape: tuple[int, int], ax: Axes | None = None) -> Figure:
    """Draw what hidden units look for: each one's column of W1 as a little image.

    Parameters
    ----------
    W1 : array, shape (m, h)
    image_shape : (int, int)
        Height and width; their product is m.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        All units on one colour scale: red pixels speak for the unit, blue ones against it. Of more than 96
        units those with the largest weights (by their squares' sum), in their order.

    Raises
    ------
    ValueError
        If `image_shape` does not hold m pixels.
    """
    m, h = W1.shape
    height, width = image_shape
    if height * width != m:
        raise ValueError(f"image_shape {image_shape} holds {height * width} pixels, but W1 has {m} rows")
    units = np.arange(h)
    title = _say("What each of the {1:,} hidden units looks for", h)
    if h > _MOST_UNITS:
        units = np.sort(np.argsort(-np.square(W1).sum(axis=0), kind="stable")[:_MOST_UNITS])
        title = _say("What hidden units look for: the {1} of {2:,} with the largest weights", len(units), h)
    shown = W1[:, units]
    sheet, _ = _mosaic(shown.T.reshape(len(units), height, width), _even_columns(len(units)))
    size = 8 / sheet.shape[1]
    top, bar = 0.4, 0.95
    ax = _axes(
        ax, (8.2 + bar, size * sheet.shape[0] + top + 0.1), left=0.1, bottom=0.1, right=0.1 + bar, top=top
    )
    limit = float(np.abs(shown).max()) or 1.0
    image = ax.imshow(sheet, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    edge = 1 / sheet.shape[0]  # the sheet's margin: the bar is as high as the units
    _figure(ax).colorbar(image, cax=ax.inset_axes((1.02, edge, 0.02, 1 - 2 * edge)), label=_say("weight"))
    ax.set_title(title, fontsize=12)
    ax.axis("off")
    return _finish(ax)


def _even_columns(count: int) -> int:
    """Return how many columns leave the fewest places of a grid empty, about twice as many as rows."""
    wish = np.sqrt(2 * count)
    return min(
        range(int(np.ceil(np.sqrt(count))), min(count, int(3 * np.sqrt(count))) + 1),
        key=lambda columns: (-count % columns, abs(columns - wish)),
    )


def confusion_matrix(y: Labels, predicted: Labels, classes: Sequence[str], ax: Axes | None = None) -> Figure:
    """Draw how often each class was taken for each.

    Parameters
    ----------
    y, predicted : array of int, shape (n,)
        The truth and what the network said.
    classes : sequence of str
        The K names.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        Of more than 25 classes the 20 with the most mistakes, in their order.
    """
    K, wrong = len(classes), y != predicted
    right = int((~wrong).sum())
    title = _say("{1:,} of {2:,} right", right, len(y))
    shown = np.arange(K)
    if K > _MOST_CLASSES:
        mistakes = np.bincount(y[wrong], minlength=K) + np.bincount(predicted[wrong], minlength=K)
        shown = np.sort(np.argsort(-mistakes, kind="stable")[:_MOST_CONFUSED])
        title = _say("{1}; the {2} most confused of {3:,} classes", title, len(shown), K)
    place = np.full(K, -1)
    place[shown] = np.arange(len(shown))
    k = len(shown)
    within = (place[y] >= 0) & (place[predicted] >= 0)
    counts = np.bincount(place[y[within]] * k + place[predicted[within]], minlength=k * k).reshape(k, k)

    names = [_cut(classes[i], _LONGEST_NAME) for i in shown.tolist()]
    longest = max(map(_width, names))
    cell = 0.5 if k <= 12 else 0.4
    side, beside = max(cell * k, 1.6), 0.5 + _LETTER * longest
    upright = longest * _LETTER > 0.9 * cell  # names that would run into one another
    below = 0.45 + (_LETTER * longest if upright else 0.2)
    wide = max(side, 0.09 * _width(title) - beside)
    ax = _axes(ax, (beside + wide + 0.2, side + below + 0.45), left=beside, bottom=below, right=0.2, top=0.45)
    # Most samples lie on the diagonal; the root lets a single mistake be seen beside them.
    ax.imshow(counts, cmap="Blues", norm=PowerNorm(0.5, vmin=0, vmax=max(int(counts.max()), 1)))
    for truth, said in np.argwhere(counts):
        count = counts[truth, said]
        ax.text(
            said,
            truth,
            str(count) if count < 10_000 else f"{count / 1000:.0f}k",
            ha="center",
            va="center",
            fontsize=10 if k <= 12 else 8,
            color="white" if count > counts.max() / 4 else "black",
        )
    ax.set_xticks(range(k), names, rotation=90 if upright else 0)
    ax.set_yticks(range(k), names)
    ax.set_xlabel(_say("what the network said"))
    ax.set_ylabel(_say("what it is"))
    ax.set_title(title, fontsize=12)
    ax.tick_params(length=0)
    return _finish(ax)


def _cut(name: str, most: int) -> str:
    """Return a name in one line of so many letters that can be drawn, without matplotlib's mathematics."""
    name = " ".join(name.split())
    if len(name) > most:
        name = f"{name[: most // 2]}…{name[len(name) - (most - 1) // 2 :]}"
    if not _chinese_font():
        name = "".join("□" if _is_wide(letter) else letter for letter in name)
    return name.replace("$", r"\$")


def mistakes(
    X: Matrix,
    y: Labels,
    P: Floats,
    classes: Sequence[str],
    image_shape: tuple[int, int],
    most: int = 60,
    ax: Axes | None = None,
) -> Figure:
    """Draw the images that the network got wrong, the surest mistakes first.

    Parameters
    ----------
    X : array, shape (n, m)
        The images, a row each, as they were before standardisation.
    y : array of int, shape (n,)
        The truth.
    P : array, shape (n, K)
        The network's probabilities.
    classes : sequence of str
    image_shape : (int, int)
    most : int
        How many are shown at most.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
    """
    said = P.argmax(axis=1)
    wrong = np.flatnonzero(said != y)
    wrong = wrong[np.argsort(-P[wrong, said[wrong]], kind="stable")]
    shown = wrong[:most]
    title = _say("{1:,} of {2:,} wrong, the surest first", len(wrong), len(y))
    if len(shown) < len(wrong):
        title = _say("{1:,} of {2:,} wrong, the {3} surest shown", len(wrong), len(y), len(shown))
    if not len(shown):
        ax = _axes(ax, (6, 2), left=0, bottom=0, right=0, top=0)
        ax.text(0.5, 0.5, _say("all {1:,} right", len(y)), ha="center", va="center", transform=ax.transAxes)
        ax.axis("off")
        return _finish(ax)
    height, width = image_shape
    names = {code: _cut(classes[code], 12) for code in {*y[shown].tolist(), *said[shown].tolist()}}
    short = max(len(names[y[i]]) + len(names[said[i]]) for i in shown) < 8
    caption = max(2, round((0.6 if short else 0.75) * height))
    sheet, corners = _mosaic(X[shown].reshape(-1, height, width), min(len(shown), 10), caption)
    size = 9 / sheet.shape[1]
    ax = _axes(ax, (9.2, size * sheet.shape[0] + 0.5), left=0.1, bottom=0.1, right=0.1, top=0.4)
    ax.imshow(sheet, cmap="gray_r", interpolation="nearest")
    for (row, column), i in zip(corners, shown, strict=True):
        truth, taken = names[y[i]], names[said[i]]
        text = _say("{1}, said {2}", truth, taken) if short else f"{truth},\n{_say('said {1}', taken)}"
        text += f"\n({_say('{1:.0%} sure', P[i, said[i]])})"
        ax.text(column + width / 2 - 0.5, row + height, text, ha="center", va="top", fontsize=8, color=GREY)
    ax.set_title(title, fontsize=12)
    ax.axis("off")
    return _finish(ax)


def augmented(
    image: Matrix,
    image_shape: tuple[int, int],
    augment: Callable[[Matrix, int], Matrix],
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Draw an image as it is, framed, and 24 times as a training sees it.

    Parameters
    ----------
    image : array, shape (m,)
    image_shape : (int, int)
    augment : callable
        What `triceptron.train` takes as ``augment``: a `triceptron.data.Elastic` for one.
    title : str
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
    """
    height, width = image_shape
    row = np.asarray(image)[None]
    X = np.concatenate([row, augment(np.repeat(row, 24, axis=0), 0)])
    sheet, corners = _mosaic(X.reshape(-1, height, width), 5)
    ax = _axes(ax, (4.2, 4.2 * height / width + 0.3), left=0.1, bottom=0.1, right=0.1, top=0.4)
    ax.imshow(sheet, cmap="gray_r", interpolation="nearest", vmin=0)
    top, left = corners[0]
    frame = Rectangle(
        (left - 1, top - 1), width + 1, height + 1, fill=False, edgecolor=VERMILION, linewidth=2
    )
    ax.add_patch(frame)
    ax.set_title(title, fontsize=12)
    ax.axis("off")
    return _finish(ax)


def _axes(
    ax: Axes | None,
    size: tuple[float, float],
    *,
    left: float,
    bottom: float,
    right: float = 0.15,
    top: float = 0.15,
) -> Axes:
    """Return ``ax``, or the axes of a new figure; pyplot's global state stays untouched.

    Sizes and margins are inches: what stands in the margins is known beforehand, and matplotlib's own layout
    would draw every picture twice to find it out.
    """
    if ax is not None:
        return ax
    width, height = size
    place = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
    return Figure(figsize=size, dpi=120).add_axes(place)


def _say(template: str, *values: object) -> str:
    """Say a label in the user's language where the system has the letters."""
    return say(template, *values) if _chinese_font() else template.format(None, *values)


@cache
def _chinese_font() -> str | None:
    there = set(fontManager.get_font_names())
    return next((font for font in _CHINESE_FONTS if font in there), None)


def _is_wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"


def _width(text: str) -> int:
    """Return how many Latin letters a text is as wide as."""
    return len(text) + sum(map(_is_wide, text))


def _finish(ax: Axes) -> Figure:
    """Return the figure, its Chinese letters, labels or names of classes, in a font that has them."""
    font = _chinese_font()
    for text in ax.findobj(Text) if font else ():
        if isinstance(text, Text) and any(map(_is_wide, text.get_text())):
            text.set_fontfamily([*text.get_fontfamily(), str(font)])
    return _figure(ax)


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def _mosaic(
    images: npt.NDArray[np.generic], columns: int, below: int = 1
) -> tuple[npt.NDArray[np.float64], list[tuple[int, int]]]:
    """Lay images (count, height, width) out in rows; return the sheet (NaN between) and their corners."""
    count, height, width = images.shape
    gap = max(1, width // 8) if below > 1 else 1
    rows = -(-count // columns)
    sheet = np.full((rows * (height + below) + 1, columns * (width + gap) + 1), np.nan)
    corners = [(1 + i // columns * (height + below), 1 + i % columns * (width + gap)) for i in range(count)]
    for image, (row, column) in zip(images, corners, strict=True):
        sheet[row : row + height, column : column + width] = image
    return sheet, corners
