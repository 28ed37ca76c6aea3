"""The job: an estimate on a part that nothing was learned from, then a training on everything."""

from dataclasses import replace

import numpy as np
import pytest

from triceptron.data import hold_out
from triceptron.data.kaggle import find, read
from triceptron.jobs import KAGGLE, run_kaggle

SMALL = replace(KAGGLE, hidden=16, epochs=6, batch_size=20)


@pytest.fixture
def data(competition):
    return read(find([competition]))


def test_the_held_out_part_shares_no_sample_with_what_is_learned(data):
    marked = data.train._replace(X=np.arange(60, dtype=np.uint8).repeat(784).reshape(60, 784))
    learned, held_out = hold_out(marked, 0.2, seed=0)
    rows = np.concatenate([learned.X[:, 0], held_out.X[:, 0]])
    assert len(held_out.y) == 12
    assert sorted(rows) == list(range(60))


@pytest.mark.parametrize("share", [0, 1, -0.1, 0.001, 0.9999])
def test_a_share_that_leaves_a_part_empty_is_refused(data, share):
    with pytest.raises(ValueError, match="holdout must"):
        hold_out(data.train, share, seed=0)


def test_the_estimate_tests_on_the_held_out_part(data):
    run = run_kaggle(data, SMALL, holdout=0.25).estimate
    assert (len(run.test.y), run.settings["holdout"]) == (15, 0.25)
    assert run.accuracy_interval[0] <= run.accuracy <= run.accuracy_interval[1]


@pytest.mark.parametrize("augment", ["none", "shift"])
def test_a_submission_has_a_digit_for_each_image_and_the_same_bits_again(data, augment):
    recipe = replace(SMALL, augment=augment)
    submission, again = (run_kaggle(data, recipe, n_threads=n).submission for n in (1, 2))
    assert submission.predicted.shape == (20,)
    assert submission.training.parameters.fingerprint() == again.training.parameters.fingerprint()
    np.testing.assert_array_equal(
        submission.model().predict_proba(data.test).argmax(axis=1), submission.predicted
    )
