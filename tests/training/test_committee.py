"""Networks that were trained apart answer together, as one network."""

from dataclasses import replace

import numpy as np
import pytest

from triceptron import initialize, steps
from triceptron.parameters import Parameters
from triceptron.training import Recipe, members


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


def test_members_have_seeds_of_their_own_that_more_members_leave_as_they_are():
    recipe = Recipe(members=3, seed=7)
    seeds = [member.seed for member in members(recipe)]
    assert len({7, *seeds}) == 4
    assert [member.seed for member in members(replace(recipe, members=5))][:3] == seeds
    assert not set(seeds) & {member.seed for member in members(replace(recipe, seed=8))}
    assert members(recipe)[0] == replace(recipe, members=1, seed=seeds[0])
    assert members(Recipe(seed=7)) == [Recipe(seed=7)]
