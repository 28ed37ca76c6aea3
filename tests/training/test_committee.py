"""Networks that were trained apart answer together, as one network."""

from dataclasses import replace

import numpy as np
import pytest

from triceptron import initialize, steps, train
from triceptron.data import Dataset, Standardisation, preprocess
from triceptron.parameters import Parameters
from triceptron.training import DISTILLED, Recipe, logits, members, predict, train_all


def network(seed, h=6, **arguments):
    rng = np.random.default_rng(seed)
    start = initialize(5, h, 3, rng=seed, **arguments)
    return start._replace(
        b1=rng.normal(size=h).astype(start.b1.dtype), b2=rng.normal(size=3).astype(start.b2.dtype)
    )


def test_a_committees_logits_are_the_means_of_its_members():
    several = [network(0), network(1, h=9), network(2)]
    X = np.random.default_rng(0).normal(size=(20, 5))
    expected = np.mean([steps.forward(X, one).O for one in several], axis=0)
    together = Parameters.committee(several).validate()
    np.testing.assert_allclose(steps.forward(X, together).O, expected, atol=1e-12)
    P = np.exp(np.mean([steps.log_softmax(steps.forward(X, one).O) for one in several], axis=0))
    np.testing.assert_allclose(
        steps.softmax(steps.forward(X, together).O), P / P.sum(axis=1, keepdims=True), atol=1e-12
    )


def test_a_committee_of_one_is_that_one():
    assert Parameters.committee([network(0)]).fingerprint() == network(0).fingerprint()


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (
            network(1, dtype=np.float32),
            r"member 0 has \(5, 3, 'float64'\) and member 1 has \(5, 3, 'float32'\)",
        ),
        (initialize(4, 6, 3), r"all members must have the same m, K and dtype, .* member 1 has \(4, 3"),
        (initialize(5, 6, 2), r"member 1 has \(5, 2"),
    ],
)
def test_members_that_do_not_fit_are_named(other, problem):
    with pytest.raises(ValueError, match=problem):
        Parameters.committee([network(0), other])


def test_a_committee_of_none_is_refused():
    with pytest.raises(ValueError, match="a committee has at least one member"):
        Parameters.committee([])


def seeds(recipe):
    return [member.seed for member in members(recipe).values()]


def test_members_have_seeds_of_their_own_that_more_members_leave_as_they_are():
    recipe = Recipe(members=3, seed=7)
    assert len({7, *seeds(recipe)}) == 4
    assert seeds(replace(recipe, members=5))[:3] == seeds(recipe)
    assert not set(seeds(recipe)) & set(seeds(replace(recipe, seed=8)))
    assert members(recipe)["1"] == replace(recipe, members=1, seed=seeds(recipe)[0])
    assert members(Recipe(seed=7)) == {"": Recipe(seed=7)}


IMAGES = Dataset(
    np.random.default_rng(0).integers(0, 256, (40, 12)).astype(np.uint8),
    np.random.default_rng(1).integers(0, 3, 40),
    ("a", "b", "c"),
    (3, 4),
)
PLAIN = Standardisation.of_pixels(12)


@pytest.mark.parametrize("augment", ["none", "shift", "elastic"])
def test_a_distilled_network_learns_what_the_members_say_of_the_images_that_it_sees(augment):
    recipe = Recipe(hidden=8, epochs=3, batch_size=16, members=2, distil=True, augment=augment, seed=4)
    taught = []

    def train_one(part, one, teacher):
        arguments = one.arguments(IMAGES, PLAIN, test=IMAGES, teacher=teacher)
        training = train(**arguments)
        taught.append((part, one, teacher, training))
        return training

    student = train_all(recipe, train_one)
    assert [part for part, *_ in taught] == ["1", "2", DISTILLED]
    _, alone, teacher, training = taught[-1]
    assert alone == replace(recipe, members=1, distil=False)
    assert (
        teacher.parameters.fingerprint()
        == Parameters.committee([one.parameters for *_, one in taught[:2]]).fingerprint()
    )
    assert student.parameters.fingerprint() == training.parameters.fingerprint()
    assert student.parameters.W1.shape == (12, 8)
    assert student.history.seconds > training.history.seconds

    arguments = alone.arguments(IMAGES, PLAIN, teacher=teacher)
    X = IMAGES.X
    for epoch in range(2):
        Y = arguments["y"]
        if augment != "none":
            X, Y = arguments["augment"](IMAGES.X, epoch)
            np.testing.assert_array_equal(X, alone.arguments(IMAGES, PLAIN)["augment"](IMAGES.X, epoch))
        expected = steps.softmax(steps.forward(X / np.float32(255), teacher.parameters).O)
        np.testing.assert_allclose(Y, expected, atol=1e-5)


def test_a_distilled_network_has_the_same_bits_on_any_number_of_threads():
    recipe = Recipe(hidden=8, epochs=2, batch_size=16, members=2, distil=True, augment="elastic")

    def fingerprint(n_threads):
        def train_one(part, one, teacher):
            return train(**one.arguments(IMAGES, PLAIN, teacher=teacher), n_threads=n_threads)

        return train_all(recipe, train_one).parameters.fingerprint()

    assert fingerprint(1) == fingerprint(3)


@pytest.mark.parametrize(
    ("down", "right"), [(0, 0), (1, 0), (-1, 0), (0, 2), (0, -1), (2, -3), (5, 0), (0, -9)]
)
def test_a_moved_network_says_of_an_image_what_it_says_of_the_moved_image(down, right):
    one = initialize(12, 8, 3)
    image = np.random.default_rng(0).normal(size=(3, 4))
    moved = np.zeros((3, 4))
    for r, c in np.ndindex(3, 4):
        if 0 <= r - down < 3 and 0 <= c - right < 4:
            moved[r, c] = image[r - down, c - right]
    np.testing.assert_allclose(
        steps.forward(image.reshape(1, 12), one.moved((3, 4), down, right)).O,
        steps.forward(moved.reshape(1, 12), one).O,
        atol=1e-12,
    )


@pytest.mark.parametrize("n", [1, 2])
def test_moved_copies_count_half_of_the_image_itself(n):
    recipe = Recipe(hidden=8, epochs=1, members=n, moved_copies=True)

    def train_one(part, one, teacher):
        return train(**one.arguments(IMAGES, PLAIN, teacher=teacher))

    found = train_all(recipe, train_one, (3, 4)).parameters
    plain = train_all(replace(recipe, moved_copies=False), train_one, (3, 4)).parameters
    X = (IMAGES.X / np.float32(255)).reshape(-1, 3, 4)
    framed = np.pad(X, ((0, 0), (1, 1), (1, 1)))
    looks = [framed[:, 1 - d : 4 - d, 1 - r : 5 - r] for d, r in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))]
    logits = [steps.forward(look.reshape(-1, 12), plain).O for look in looks]
    expected = (logits[0] + sum(logits[1:]) / 2) / 3
    np.testing.assert_allclose(steps.forward(X.reshape(-1, 12), found).O, expected, atol=1e-5)


def test_moved_copies_of_what_is_no_image_are_refused():
    with pytest.raises(ValueError, match="moved_copies is for data that are images of bytes"):
        Recipe(moved_copies=True).check(IMAGES._replace(image_shape=None))


WIDE = Dataset(
    np.random.default_rng(2).integers(0, 256, (30, 4 * 22)).astype(np.uint8),
    np.random.default_rng(3).integers(0, 3, 30),
    ("a", "b", "c"),
    (4, 22),
)
PIXELS = Standardisation.of_pixels(4 * 22)


def trained(recipe, taught=None):
    def train_one(part, one, teacher):
        training = train(**one.arguments(WIDE, PIXELS, test=WIDE, teacher=teacher))
        if taught is not None:
            taught.append((one, teacher, training))
        return training

    return train_all(recipe, train_one, WIDE.image_shape)


def test_members_with_views_of_their_own_answer_by_the_mean_of_what_each_says_of_its_view():
    taught = []
    recipe = Recipe(hidden=8, epochs=2, members=5, preprocess="varied", augment="affine")
    together = trained(recipe, taught)
    names = ["none", "deslanted", "width_20", "none", "deslanted"]
    assert [one.preprocess for one, *_ in taught] == names == list(together.views.names)
    expected = 0
    for name, (_, _, training) in zip(names, taught, strict=True):
        seen = preprocess(WIDE.X, WIDE.image_shape, name) / np.float32(255)
        expected = expected + steps.forward(seen, training.parameters).O / 5
    for engine in ("core", "steps"):
        found = logits(WIDE.X, together.parameters, PIXELS, views=together.views, engine=engine)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_network_that_sees_upright_images_learns_from_them_and_is_tested_on_them():
    recipe = Recipe(hidden=8, epochs=2, preprocess="deslanted", seed=3)
    upright = WIDE._replace(X=preprocess(WIDE.X, WIDE.image_shape, "deslanted"))
    found = trained(recipe)
    expected = train(**replace(recipe, preprocess="none").arguments(upright, PIXELS, test=upright))
    assert found.parameters.fingerprint() == expected.parameters.fingerprint()
    assert found.history.test_loss == expected.history.test_loss
    said = predict(WIDE.X, found.parameters, PIXELS, views=found.views)
    np.testing.assert_array_equal(said, predict(upright.X, expected.parameters, PIXELS))


@pytest.mark.parametrize(("view", "augment"), [("varied", "elastic"), ("deslanted", "none")])
def test_a_student_hears_what_its_teacher_says_of_the_teachers_view(view, augment):
    taught = []
    recipe = Recipe(hidden=8, epochs=2, members=3, distil=True, preprocess=view, augment=augment)
    student = trained(recipe, taught)
    one, teacher, _ = taught[-1]
    assert one == recipe.single()
    assert student.views == one.views(WIDE.image_shape)
    arguments = one.arguments(WIDE, PIXELS, teacher=teacher)
    X, Y = arguments["X"], arguments["y"]
    if augment != "none":
        X, Y = arguments["augment"](X, 1)
    members = Parameters.committee([training.parameters for *_, training in taught[:3]])
    views = recipe.views(WIDE.image_shape) if view == "varied" else None
    P = steps.softmax(logits(X, members, PIXELS, views=views))
    np.testing.assert_allclose(Y, P, atol=1e-6)


def test_moved_copies_of_views_are_moved_views():
    recipe = Recipe(hidden=8, epochs=1, members=2, preprocess="varied")
    plain, found = trained(recipe), trained(replace(recipe, moved_copies=True))
    assert found.views.names == ("none", "deslanted") * 5
    expected = 0
    for weight, (down, right) in zip(
        (1, 0.5, 0.5, 0.5, 0.5), ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1)), strict=True
    ):
        moved = plain.parameters.moved(WIDE.image_shape, down, right)
        expected = expected + weight / 3 * logits(WIDE.X, moved, PIXELS, views=plain.views)
    np.testing.assert_allclose(
        logits(WIDE.X, found.parameters, PIXELS, views=found.views), expected, atol=1e-5
    )
