"""The pictures, one function each: draw into an ``ax`` (a new one where none is given), return the Figure.

All of them share one look; the colours (Okabe and Ito) are told apart by colour-blind readers too.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from triceptron.arrays import Floats, Labels, Matrix

__all__ = ["confusion_matrix", "hidden_units", "loss_curve", "loss_curves", "mistakes"]

_LETTER = 0.085
"""Inches that a letter takes at the usual size, for margins."""

BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#555555"


def loss_curve(
    train_loss: Sequence[float], test_loss: Sequence[float] = (), ax: Axes | None = None
) -> Figure:
    """Draw the losses over the epochs.

    Parameters
    ----------
    train_loss, test_loss : sequence of float
        One value an epoch; `test_loss` may be empty.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
    """
    ax = _axes(ax, (8, 4.8), left=0.75, bottom=0.55)
    for loss, name, colour, dash in (
        (train_loss, "training", BLUE, "-"),
        (test_loss, "test", VERMILION, "--"),
    ):
        if len(loss):
            epochs = np.arange(1, len(loss) + 1)
            label = f"{name}, {loss[-1]:.4f} at the end"
            ax.plot(
                epochs,
                loss,
                dash,
                color=colour,
                linewidth=2,
                label=label,
                marker="." if len(loss) < 30 else "",
            )
    ax.set_xlabel("epoch")
    ax.set_ylabel("cross-entropy loss")
    if len(train_loss) and max(train_loss) > 100 * train_loss[0]:  # on the way to infinity
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    ax.margins(x=0.01)
    ax.grid(color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    if len(train_loss):
        ax.legend(frameon=False)
    return _figure(ax)


def loss_curves(
    curves: Sequence[tuple[Sequence[float], Sequence[float]]],
    labels: Sequence[str],
    best: int | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the losses of several trainings on common axes.

    Parameters
    ----------
    curves : sequence of (train_loss, test_loss)
        One value an epoch each; a short or empty pair is a training that diverged.
    labels : sequence of str
    best : int, optional
        The training to be drawn boldly.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        A colour a training, from dark to light; training losses are dashed, test losses solid.
    """
    longest = max(map(len, labels), default=0) + len(" (best)")
    height, legend = max(4.8, 1.2 + 0.21 * len(curves)), 0.6 + _LETTER * longest
    ax = _axes(ax, (7.2 + legend, height), left=0.75, bottom=0.55, right=0.1 + legend)
    colours = colormaps["viridis"](np.linspace(0, 0.92, len(curves)))
    starts = [loss[0] for pair in curves for loss in pair if len(loss)]
    for i, ((train_loss, test_loss), label) in enumerate(zip(curves, labels, strict=True)):
        width, layer = (2.8, 3) if i == best else (1.2, 2)
        name = f"{label} (best)" if i == best else label
        for loss, dash, said in ((train_loss, "--", ""), (test_loss, "-", name)):
            epochs = np.arange(1, len(loss) + 1)
            marker = "x" if len(loss) < 2 else ""
            ax.plot(
                epochs,
                loss,
                dash,
                color=colours[i],
                linewidth=width,
                zorder=layer,
                marker=marker,
                label=said or None,
            )
    ax.set_xlabel("epoch")
    ax.set_ylabel("cross-entropy loss (solid: test, dashed: training)")
    ax.set_yscale("log")
    if starts:  # a training that diverges leaves the picture at the top
        ax.set_ylim(top=1.5 * float(np.median(starts)))
    ax.margins(x=0.01)
    ax.grid(color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return _figure(ax)


def hidden_units(W1: Floats, image_shape: tuple[int, int], ax: Axes | None = None) -> Figure:
    """Draw what each hidden unit looks for: its column of W1 as a little image.

    Parameters
    ----------
    W1 : array, shape (m, h)
    image_shape : (int, int)
        Height and width; their product is m.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib.figure.Figure
        All units on one colour scale: red pixels speak for the unit, blue ones against it.

    Raises
    ------
    ValueError
        If `image_shape` does not hold m pixels.
    """
    m, h = W1.shape
    height, width = image_shape
    if height * width != m:
        raise ValueError(f"image_shape {image_shape} holds {height * width} pixels, but W1 has {m} rows")
    columns = min(h, int(np.ceil(np.sqrt(2 * h))))
    sheet, _ = _mosaic(W1.T.reshape(h, height, width), columns)
    size = 8 / sheet.shape[1]
    top, bar = 0.4, 0.95
    new = ax is None
    ax = _axes(
        ax, (8.2 + bar, size * sheet.shape[0] + top + 0.1), left=0.1, bottom=0.1, right=0.1 + bar, top=top
    )
    limit = float(np.abs(W1).max()) or 1.0
    image = ax.imshow(sheet, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
    beside = {"cax": ax.inset_axes((1.02, 0, 0.02, 1))} if new else {"ax": ax, "fraction": 0.05, "pad": 0.02}
    _figure(ax).colorbar(image, label="weight", **beside)
    ax.set_title(f"What each of the {h} hidden units looks for", fontsize=12)
    ax.axis("off")
    return _figure(ax)


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
    """
    K = len(classes)
    counts = np.bincount(y * K + predicted, minlength=K * K).reshape(K, K)
    names = 0.5 + _LETTER * max(map(len, classes))
    side = max(0.5 * K, 1.6)
    ax = _axes(ax, (names + side + 0.2, side + 1.1), left=names, bottom=0.65, right=0.2, top=0.45)
    # Most samples lie on the diagonal; the root lets a single mistake be seen beside them.
    ax.imshow(counts, cmap="Blues", norm=PowerNorm(0.5, vmin=0, vmax=max(int(counts.max()), 1)))
    for truth, said in np.argwhere(counts):
        dark = counts[truth, said] > counts.max() / 4
        ax.text(
            said,
            truth,
            str(counts[truth, said]),
            ha="center",
            va="center",
            color="white" if dark else "black",
        )
    ax.set_xticks(range(K), classes)
    ax.set_yticks(range(K), classes)
    ax.set_xlabel("what the network said")
    ax.set_ylabel("what it is")
    right = int(np.trace(counts))
    ax.set_title(f"{right:,} of {len(y):,} right", fontsize=12)
    ax.tick_params(length=0)
    return _figure(ax)


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
    title = f"{len(wrong):,} of {len(y):,} wrong"
    title += f", the {len(shown)} surest shown" if len(shown) < len(wrong) else ", the surest first"
    if not len(shown):
        ax = _axes(ax, (6, 2), left=0, bottom=0, right=0, top=0)
        ax.text(0.5, 0.5, f"all {len(y):,} right", ha="center", va="center", transform=ax.transAxes)
        ax.axis("off")
        return _figure(ax)
    height, width = image_shape
    caption = max(2, round(0.75 * height))
    sheet, corners = _mosaic(X[shown].reshape(-1, height, width), min(len(shown), 10), caption)
    size = 9 / sheet.shape[1]
    ax = _axes(ax, (9.2, size * sheet.shape[0] + 0.5), left=0.1, bottom=0.1, right=0.1, top=0.4)
    ax.imshow(sheet, cmap="gray_r", interpolation="nearest")
    for (row, column), i in zip(corners, shown, strict=True):
        text = f"{classes[y[i]]}, said {classes[said[i]]}\n({P[i, said[i]]:.0%} sure)"
        ax.text(column + width / 2 - 0.5, row + height, text, ha="center", va="top", fontsize=8, color=GREY)
    ax.set_title(title, fontsize=12)
    ax.axis("off")
    return _figure(ax)


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
