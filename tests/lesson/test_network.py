"""The shipped network and the images that it is made with."""

import os
from pathlib import Path

import numpy as np
import pytest

from triceptron import Parameters, data, initialize
from triceptron.lesson import network
from triceptron.lesson.bending import Bending, add_upstrokes


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    images = np.zeros((5, 28, 28), np.uint8)
    images[:, 6:22, 13:15] = rng.integers(200, 256, (5, 16, 2))
    return images.reshape(5, 784)


def test_the_shipped_file_is_at_most_200_kilobytes_and_784_200_10():
    assert Path(network.__file__).with_name(network.SHIPPED).stat().st_size <= 200_000
    assert [theta.shape for theta in network.load()] == [(784, 200), (200,), (200, 10), (10,)]


@pytest.mark.skipif("TRICEPTRON_DATA" not in os.environ, reason="TRICEPTRON_DATA names no folder with MNIST")
def test_the_shipped_network_reads_9905_of_mnists_test_images():
    assert network.correct(network.load()) == 9905
    assert len(data.load("mnist").test.y) == 10_000


def test_eight_bits_keep_the_weights_to_half_a_255th_of_their_columns_largest():
    parameters = initialize(784, 9, 10, rng=1)
    packed = network.unpack(network.pack(parameters))
    assert isinstance(packed, Parameters)
    for ours, theirs in zip(packed, parameters, strict=True):
        largest = np.abs(theirs).max(axis=0)
        assert (np.abs(ours - theirs) <= largest / 253).all()


def test_bending_changes_each_epoch_and_never_the_images_themselves(images):
    before = images.copy()
    bend = Bending(seed=3)
    first, second = bend(images, 0), bend(images, 1)
    np.testing.assert_array_equal(images, before)
    assert first.shape == images.shape
    assert first.dtype == np.uint8
    assert (first != second).any()
    np.testing.assert_array_equal(first, bend(images, 0))


def test_bending_by_nothing_leaves_the_images(images):
    still = Bending(rotation=0, slant=0, stretch=0, shift=0, wobble=0, pen=0)
    np.testing.assert_array_equal(still(images, 0), images)


def test_a_thick_pen_adds_ink_and_a_thin_one_takes_it(images):
    other = {"rotation": 0, "slant": 0, "stretch": 0, "shift": 0, "wobble": 0}
    ink = Bending(pen=1.0, **other)(images, 0).sum(axis=1).astype(int) - images.sum(axis=1)
    assert (ink > 0).any()
    assert (ink < 0).any()


def test_an_upstroke_adds_ink_to_the_left_of_the_stem_and_keeps_the_centre_of_mass(images):
    drawn = add_upstrokes(images, np.random.default_rng(0)).reshape(-1, 28, 28).astype(float)
    assert (drawn.sum(axis=(1, 2)) > images.sum(axis=1)).all()
    for image in drawn:
        for axis in (0, 1):
            assert image.sum(axis=axis) @ np.arange(28) / image.sum() == pytest.approx(14, abs=0.51)
