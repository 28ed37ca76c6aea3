import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from triceptron import core
from triceptron.data import Affine, Elastic, distortions

SHAPE = (19, 23)
IMAGES = np.random.default_rng(0).integers(0, 256, (300, 19 * 23)).astype(np.uint8)
STILL = {"rotation": 0, "stretch": 0, "shear": 0, "shift": 0}
KINDS = [
    Affine(SHAPE, seed=3),
    Elastic(SHAPE, seed=3),
    Elastic(SHAPE, rotation=80, shift=30, bend=400, sigma=1.5),
]


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_the_core_distorts_as_the_specification_says(kind):
    expected = distortions.distorted(IMAGES, SHAPE, *kind.places(300, epoch=4))
    np.testing.assert_array_equal(kind(IMAGES, 4), expected)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 5), st.integers(0, 2**31), st.booleans())
def test_any_size_and_any_map_agree_with_the_specification(height, width, n, seed, bent):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 256, (n, height * width)).astype(np.uint8)
    maps = rng.integers(-150_000, 150_000, (n, 2, 3)).astype(np.int32)
    maps[:, :, 2] += rng.integers(-40 * 65536, 40 * 65536, (n, 2))
    field = rng.integers(-300_000, 300_000, (height + 5, width + 30)).astype(np.int32)
    starts = rng.integers(0, 6, (n, 2)) * field.shape[1] + rng.integers(0, 15, (n, 2))
    windows = np.where(rng.random((n, 2)) < 0.5, ~starts, starts)
    places = (maps, windows, field) if bent else (maps,)
    expected = distortions.distorted(X, (height, width), *places)
    np.testing.assert_array_equal(core.distorted(X, (height, width), *places), expected)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_the_number_of_threads_changes_no_byte(n_threads):
    threaded = Elastic(SHAPE, seed=3, n_threads=n_threads)
    np.testing.assert_array_equal(threaded(IMAGES, 1), Elastic(SHAPE, seed=3, n_threads=1)(IMAGES, 1))


@pytest.mark.parametrize("name", ["avx2", "baseline"])
def test_the_instruction_set_changes_no_byte(name):
    if name == "avx2" and core.instruction_set() == "baseline":
        pytest.skip("this machine has no AVX2")
    code = (
        "import numpy as np, hashlib\n"
        "from triceptron.data import Elastic\n"
        "X = np.arange(300 * 437, dtype=np.int64).reshape(300, 437).astype(np.uint8)\n"
        "print(hashlib.sha256(Elastic((19, 23), seed=3)(X, 1).tobytes()).hexdigest())"
    )

    def digest(**environment):
        environment = {**os.environ, **environment}
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert digest(TRICEPTRON_INSTRUCTION_SET=name) == digest(
        TRICEPTRON_INSTRUCTION_SET=core.instruction_set()
    )


def test_the_bytes_are_the_same_in_every_version():
    assert int(Affine(SHAPE, seed=3)(IMAGES, 1).astype(np.int64).sum()) == 15552643
    assert int(Elastic(SHAPE, seed=3)(IMAGES, 1).astype(np.int64).sum()) == 15074635


def test_an_affine_image_is_what_scipy_looks_up():
    kind = Affine(SHAPE, rotation=20, stretch=0.2, shear=0.3, shift=3, seed=1)
    maps = kind.places(20, 0)[0] / distortions.PIXEL
    for image, found, (linear, shift) in zip(
        IMAGES, kind(IMAGES[:20], 0), [(m[:, :2], m[:, 2]) for m in maps], strict=False
    ):
        framed = np.pad(image.reshape(SHAPE).astype(float), 1)  # scipy's own border is not black everywhere
        expected = ndimage.affine_transform(framed, linear, shift + 1 - linear @ [1, 1], order=1)[1:-1, 1:-1]
        assert abs(found.reshape(SHAPE) - expected).max() < 3  # 128ths of the way between two pixels


def test_the_angle_is_the_one_asked_for():
    angle = np.radians([0.0, 30.0, -45.0, 90.0])
    none = np.zeros(4)
    maps = distortions.linear_maps((9, 9), angle, none, np.ones((4, 2)), np.zeros((4, 2))) / distortions.PIXEL
    cos, sin = np.cos(angle), np.sin(angle)
    np.testing.assert_allclose(maps[:, :, :2].transpose(1, 2, 0), [[cos, -sin], [sin, cos]], atol=1e-5)
    np.testing.assert_allclose(maps @ [4, 4, 1], 4, atol=1e-4)  # the middle stays


def test_nothing_moves_where_nothing_is_asked_for():
    np.testing.assert_array_equal(Affine(SHAPE, **STILL)(IMAGES, 0), IMAGES)
    np.testing.assert_array_equal(Elastic(SHAPE, **STILL, bend=0)(IMAGES, 0), IMAGES)


def test_strengths_stay_within_their_limits_and_reach_them():
    maps = Affine((20, 20), **(STILL | {"stretch": 0.1})).places(20_000, 0)[0] / distortions.PIXEL
    factors = maps[:, [0, 1], [0, 1]]
    np.testing.assert_allclose([factors.min(), factors.max()], [0.9, 1.1], atol=1e-3)
    moved = Affine((20, 20), **(STILL | {"shift": 1.5})).places(20_000, 0)[0][:, :, 2] / distortions.PIXEL
    np.testing.assert_allclose([moved.min(), moved.max()], [-1.5, 1.5], atol=1e-3)


def test_a_field_is_noise_smoothed_by_the_gaussian():
    field, side = distortions.smooth_field(7, 2, (28, 28), strength=24, sigma=4)
    field = field[:side, :side] / distortions.PIXEL
    noise = (distortions.draws(7, 2, side, side, purpose=1) >> 16) / 2.0**15
    expected = 24 * ndimage.gaussian_filter(noise, 4, mode="wrap")
    np.testing.assert_allclose(field, expected, atol=0.01)
    assert 0.9 < field.std() < 1.05  # 24 / √3 / (2 · 4 · √π) = 0.977
    assert abs(field.mean()) < 0.2


def test_neighbours_move_alike_and_the_fields_edges_meet():
    field, side = distortions.smooth_field(7, 2, (28, 28), strength=24, sigma=4)
    assert abs(np.diff(field, axis=0)).max() < distortions.PIXEL
    np.testing.assert_array_equal(field[side:, :100], field[: field.shape[0] - side, :100])


@pytest.mark.parametrize("kind", [Affine, Elastic])
def test_the_images_depend_on_seed_epoch_and_row_alone(kind):
    first = kind(SHAPE, seed=3)(IMAGES, 2)
    np.testing.assert_array_equal(kind(SHAPE, seed=3)(IMAGES[:7], 2), first[:7])
    assert (kind(SHAPE, seed=3)(IMAGES, 3) != first).any()
    assert (kind(SHAPE, seed=2**63 + 3)(IMAGES, 2) != first).any()


def test_images_of_an_epoch_are_bent_each_in_its_own_way():
    same = np.repeat(IMAGES[:1], 300, axis=0)
    assert len(np.unique(Elastic(SHAPE, **STILL)(same, 0), axis=0)) == 300


def test_the_images_themselves_stay_as_they_are():
    before = IMAGES.copy()
    Elastic(SHAPE)(IMAGES, 0)
    np.testing.assert_array_equal(IMAGES, before)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"image_shape": (5, 0)}, "image_shape must be a whole number of at least 1, got 0"),
        ({"image_shape": (5, 2000)}, "image_shape must be a whole number of at most 1024, got 2000"),
        ({"rotation": 90}, "rotation must be a finite number at least 0 and less than 90, got 90"),
        ({"stretch": 1.0}, "stretch must be a finite number at least 0 and less than 1"),
        ({"shear": -0.1}, "shear must be a finite number at least 0 and less than 1"),
        ({"shift": float("nan")}, "shift must be a finite number at least 0 and less than 1024"),
        ({"bend": 1e9}, "bend must be a finite number at least 0 and less than 1000"),
        ({"sigma": 0.1}, "sigma must be a finite number at least 0.5 and less than 50"),
        ({"seed": -1}, "seed must be a whole number from 0"),
    ],
)
def test_a_strength_out_of_range_is_said(arguments, problem):
    with pytest.raises(ValueError, match=problem):
        Elastic(**({"image_shape": SHAPE} | arguments))


def test_rows_that_are_no_images_are_said():
    with pytest.raises(ValueError, match=r"rows of 5 × 5 pixels, got shape \(300, 437\)"):
        Affine((5, 5))(IMAGES, 0)
    with pytest.raises(ValueError, match="X must hold pixels, uint8, to be distorted, got float32"):
        Affine(SHAPE)(IMAGES.astype(np.float32), 0)


def test_the_core_looks_at_no_number_outside_the_field():
    maps, windows, field = Elastic(SHAPE).places(300, 0)
    for far in (field.size, -field.size - 1):
        windows[7, 1] = far
        with pytest.raises(ValueError, match="windows must lie in the field"):
            core.distorted(IMAGES, SHAPE, maps, windows, field)
