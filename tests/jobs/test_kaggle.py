"""The job: an estimate on a part that nothing was learned from, then a training on everything."""

from dataclasses import replace

import numpy as np
import pytest

from triceptron.data import hold_out
from triceptron.data.kaggle import PIXELS, find, read
from triceptron.files import modelfile
from triceptron.jobs import KAGGLE, RunStopped, predict_table, run_kaggle
from triceptron.jobs.kaggle import CHOICES, choice_epochs

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


@pytest.mark.parametrize("augment", ["none", "elastic"])
def test_a_submission_has_a_digit_for_each_image_and_the_same_bits_again(data, augment):
    recipe = replace(SMALL, augment=augment)
    submission, again = (run_kaggle(data, recipe, n_threads=n).submission for n in (1, 2))
    assert submission.predicted.shape == (20,)
    assert submission.training.parameters.fingerprint() == again.training.parameters.fingerprint()
    np.testing.assert_array_equal(
        submission.model().predict_proba(data.test).argmax(axis=1), submission.predicted
    )


def test_the_choice_that_did_best_is_gone_on_with(data):
    run = run_kaggle(data, SMALL, choose=True)
    tried = run.estimate.facts["choices"]
    chosen = run.estimate.facts["chosen"]
    assert tried.keys() == CHOICES.keys()
    assert tried[chosen] == max(tried.values())
    assert CHOICES[chosen].items() <= run.submission.settings.items()
    alone = run_kaggle(data, replace(SMALL, **CHOICES[chosen]))
    assert (
        run.submission.training.parameters.fingerprint() == alone.submission.training.parameters.fingerprint()
    )
    assert run.estimate.parameters.fingerprint() == alone.estimate.parameters.fingerprint()


@pytest.mark.parametrize("epochs", [1, 3, 9])
def test_a_choice_that_was_stopped_is_gone_on_with_to_the_same_bits(data, tmp_path, epochs):
    whole = run_kaggle(data, SMALL, choose=True)
    in_all = 4 * choice_epochs(SMALL) + 2 * SMALL.epochs

    def stop(epoch):
        if epoch.number == epochs:
            raise KeyboardInterrupt

    with pytest.raises(RunStopped, match=f"after {epochs} of {in_all} epochs") as stopped:
        run_kaggle(data, SMALL, choose=True, callback=stop)
    stopped.value.save(tmp_path / "run")
    resumed = run_kaggle(data, SMALL, choose=True, resume=tmp_path / "run")
    assert resumed.estimate.facts["choices"] == whole.estimate.facts["choices"]
    assert resumed.submission.training.parameters.fingerprint() == (
        whole.submission.training.parameters.fingerprint()
    )


@pytest.mark.parametrize("more", [{"members": 3, "preprocess": "varied"}, {"preprocess": "deslanted"}])
def test_networks_that_see_preprocessed_images_are_used_as_they_were_trained(data, tmp_path, more):
    recipe = replace(SMALL, epochs=2, **more)
    run = run_kaggle(data, recipe)
    run.save(tmp_path / "run")
    table = tmp_path / "test.csv"
    rows = [",".join(PIXELS), *(",".join(map(str, pixels)) for pixels in data.test.tolist())]
    table.write_text("\n".join(rows))
    said = predict_table(tmp_path / "run" / "model.safetensors", table)
    np.testing.assert_array_equal(said.predicted.astype(int), run.submission.predicted)

    def stop(epoch):
        if epoch.number == 3:
            raise KeyboardInterrupt

    with pytest.raises(RunStopped) as stopped:
        run_kaggle(data, recipe, callback=stop)
    stopped.value.save(tmp_path / "stopped")
    reached = modelfile.read(tmp_path / "stopped" / "model.safetensors").views.names
    assert reached == (("none", "deslanted") if "members" in more else ("deslanted",))
    resumed = run_kaggle(data, recipe, resume=tmp_path / "stopped")
    np.testing.assert_array_equal(resumed.submission.predicted, run.submission.predicted)
    assert resumed.estimate.correct == run.estimate.correct
