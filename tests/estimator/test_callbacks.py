"""scikit-learn's callbacks (from 1.9 on) see each epoch of a fit."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from triceptron import ThreeLayerPerceptron

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn has callbacks from 1.9 on")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = make_classification(120, 6, random_state=0)


def model(**settings):
    return ThreeLayerPerceptron(8, **{"max_iter": 5, "random_state": 0, **settings})


class Recorder:
    """Keeps what it is told, and asks to stop after an epoch."""

    def __init__(self, stop_after=None):
        self.told, self.accuracies, self.stop_after = [], [], stop_after

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.told.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self.told.append(("end", context.task_name, context.task_id))
        self.accuracies.append(fitted_estimator.score(X, y, **(metadata or {})))
        return context.task_name == "epoch" and context.task_id == self.stop_after


def test_a_fit_is_a_task_and_each_epoch_a_task_in_it():
    recorder = Recorder()
    fitted = model().set_callbacks(recorder).fit(X, y)
    epochs = [(word, "epoch", i) for i in range(5) for word in ("begin", "end")]
    assert recorder.told == ["setup", ("begin", "fit", 0), *epochs, ("end", "fit", 0), "teardown"]
    assert recorder.accuracies[-1] == fitted.score(X, y)
    assert fitted.fingerprint_ == model().fit(X, y).fingerprint_


def test_each_epochs_estimator_is_the_one_that_would_have_stopped_there():
    recorder = Recorder()
    model(learning_rate_init=0.05).set_callbacks(recorder).fit(X, y)
    alone = [model(learning_rate_init=0.05, max_iter=k + 1).fit(X, y).score(X, y) for k in range(5)]
    assert recorder.accuracies[:5] == alone
    assert len(set(alone)) > 1


def test_a_callback_can_stop_the_training():
    recorder = Recorder(stop_after=2)
    fitted = model().set_callbacks(recorder).fit(X, y)
    assert fitted.n_iter_ == 3
    assert recorder.told[-1] == "teardown"


def test_stopping_early_ends_the_tasks_too():
    recorder = Recorder()
    fitted = model(max_iter=500, tol=0.1, n_iter_no_change=1).set_callbacks(recorder).fit(X, y)
    assert recorder.told.count("teardown") == 1
    assert sum(told[:2] == ("begin", "epoch") for told in recorder.told) == fitted.n_iter_ < 500


def test_sample_weights_reach_the_callbacks_without_the_classes():
    recorder = Recorder()
    w = np.linspace(0, 1, 120)
    fitted = model(class_weight={0: 5, 1: 1}).set_callbacks(recorder).fit(X, y, sample_weight=w)
    assert recorder.accuracies[-1] == pytest.approx(fitted.score(X, y, sample_weight=w))


def test_scikit_learns_own_monitor_scores_each_epoch():
    monitor = callback.ScoringMonitor(scoring="accuracy")
    fitted = model().set_callbacks(monitor).fit(X, y)
    scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(scores) == 5
    assert scores[-1] == fitted.score(X, y)


def test_a_progress_bar_on_a_search_reaches_the_network(capsys):
    pytest.importorskip("rich")
    pipeline = make_pipeline(StandardScaler(), model())
    search = GridSearchCV(pipeline, {"threelayerperceptron__alpha": [0, 1]}, cv=2)
    search.set_callbacks(callback.ProgressBar(max_propagation_depth=None)).fit(X, y)
    assert "ThreeLayerPerceptron" in capsys.readouterr().out
