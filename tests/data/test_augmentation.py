import numpy as np
import pytest

from triceptron.data import Shift

IMAGES = np.random.default_rng(0).integers(1, 256, (40, 6 * 9)).astype(np.uint8)


def moved_by_hand(image, down, right):
    """Zeros come in where the image has moved away."""
    moved = np.zeros_like(image)
    h, w = image.shape
    for r in range(h):
        for c in range(w):
            if 0 <= r - down < h and 0 <= c - right < w:
                moved[r, c] = image[r - down, c - right]
    return moved


def test_each_image_is_moved_whole_by_at_most_two_pixels():
    shift = Shift((6, 9), seed=3)
    down, right = shift.moves(40, epoch=5)
    assert max(abs(down).max(), abs(right).max()) <= 2
    for before, after, d, r in zip(IMAGES, shift(IMAGES, 5), down, right, strict=True):
        np.testing.assert_array_equal(after.reshape(6, 9), moved_by_hand(before.reshape(6, 9), d, r))


def test_all_places_are_about_as_likely():
    down, right = Shift((6, 9), seed=1).moves(25_000, epoch=0)
    counts = np.unique(5 * (down + 2) + right + 2, return_counts=True)[1]
    assert len(counts) == 25
    assert (abs(counts - 1000) < 150).all()  # 1000 ± 4.8 standard deviations


def test_the_moves_depend_on_seed_epoch_and_row_alone():
    np.random.seed(0)  # noqa: NPY002 a global state that must not matter
    first = Shift((6, 9), seed=3)(IMAGES, 2)
    again = Shift((6, 9), seed=3)
    again(IMAGES, 0)
    np.testing.assert_array_equal(again(IMAGES, 2), first)
    np.testing.assert_array_equal(again(IMAGES[:7], 2), first[:7])
    assert (again(IMAGES, 3) != first).any()
    assert (Shift((6, 9), seed=4)(IMAGES, 2) != first).any()


def test_the_images_themselves_stay_as_they_are():
    before = IMAGES.copy()
    assert Shift((6, 9))(IMAGES, 0).dtype == np.uint8
    np.testing.assert_array_equal(IMAGES, before)
    np.testing.assert_array_equal(Shift((6, 9), most=0)(IMAGES, 0), IMAGES)


def test_what_does_not_fit_is_said():
    with pytest.raises(ValueError, match=r"rows of 5 × 5 pixels, got shape \(40, 54\)"):
        Shift((5, 5))(IMAGES, 0)
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        Shift((6, 9), seed=-1)
