"""Threads, forks, signals: the core is a quiet guest."""

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from tests.core import problems
from triceptron import core
from triceptron.core.cores import usable_cores
from triceptron.training import engines


def fingerprint(n_threads):
    state, task = problems.make(n=300, m=40, h=50, n_threads=n_threads)
    return problems.fingerprints(problems.run("core", state, task, epochs=20, batch_size=64)[1])


def test_many_trainings_at_once_disturb_nobody():
    expected = fingerprint(1)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fingerprint, [1, 2, 3, 4] * 6)) == [expected] * 24


def test_one_predictor_answers_many_threads():
    state, task = problems.make(n=2000, m=40, h=50)
    predictor = core.predictor(state.parameters, n_threads=2)
    expected = predictor.logits(task.X).tobytes()
    with ThreadPoolExecutor(4) as pool:
        assert {answer.tobytes() for answer in pool.map(predictor.logits, [task.X] * 40)} == {expected}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_training_goes_on_in_a_forked_child():
    code = """
        import os
        import numpy as np
        from tests.core import problems
        from triceptron.training import engines

        state, task = problems.make(n=300, m=40, h=50, n_threads=3)
        running = engines.start_engine("core", state, task)
        rates = np.array([0.1])
        running.epoch(None, 300, rates)
        child = os.fork()
        running.epoch(None, 300, rates)
        print(running.state().parameters.fingerprint(), flush=True)
        if child:
            assert os.waitpid(child, 0)[1] == 0
    """
    assert len(set(python(code).split())) == 1


def test_joblib_workers_default_to_one_thread():
    assert (
        python("from triceptron import core; print(core.resolve_threads())", OMP_NUM_THREADS="1").strip()
        == "1"
    )


def test_the_packages_own_variable_goes_first():
    code = "from triceptron import core; print(core.resolve_threads(), core.resolve_threads(5))"
    assert python(code, OMP_NUM_THREADS="1", TRICEPTRON_NUM_THREADS="3").split() == ["3", "5"]


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "99900000 100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_a_containers_quota_limits_the_threads(tmp_path, files, cores):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    everything = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert usable_cores(tmp_path) == (cores or everything)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_joblib_runs_trainings_side_by_side(backend):
    joblib = pytest.importorskip("joblib")
    answers = joblib.Parallel(n_jobs=2, backend=backend)(joblib.delayed(fingerprint)(2) for _ in range(4))
    assert answers == [fingerprint(1)] * 4


def test_a_second_caller_of_a_running_training_is_told():
    state, task = problems.make(n=4000, m=100, h=100, n_threads=1)
    running = engines.start_engine("core", state, task)
    with ThreadPoolExecutor(2) as pool:
        rates = np.full(4000, 1e-6)
        epoch = pool.submit(running.epoch, None, 1, rates)
        told = False
        while not epoch.done():
            try:
                running.state()
            except RuntimeError as error:
                told = True
                assert "running in another thread" in str(error)
        epoch.result()
    assert told
    assert running.state().step == 4000


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupt_ends_a_long_epoch_after_a_whole_update():
    class Interrupt(Exception):
        pass

    def handler(signum, frame):
        raise Interrupt

    state, task = problems.make(n=20_000, m=200, h=200, n_threads=2, tested=False)
    running = engines.start_engine("core", state, task)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupt):
            while True:
                running.epoch(None, 1, np.full(20_000, 1e-3))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    stopped = running.state()
    assert 0 < stopped.step
    resumed = engines.start_engine("core", state, task)
    rows = np.arange(stopped.step % 20_000)
    for _ in range(stopped.step // 20_000):
        resumed.epoch(None, 1, np.full(20_000, 1e-3))
    resumed.epoch(rows, 1, np.full(len(rows), 1e-3))
    assert resumed.state().parameters.fingerprint() == stopped.parameters.fingerprint()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("cut", ["rows", "units"])
@pytest.mark.parametrize("long", ["one batch", "held-out loss", "prediction"])
def test_an_interrupt_is_heard_in_everything_that_takes_long(monkeypatch, cut, long):
    """It is only heard where it is: an epoch here would go on for longer than a test may take."""

    class Interrupt(Exception):
        pass

    def handler(signum, frame):
        raise Interrupt

    monkeypatch.setenv("TRICEPTRON_CUT", cut)
    # Twenty million rows of nothing: a row of stride 0 would not be C-contiguous, so a byte for each.
    n = 20_000_000
    X, y = np.zeros((n, 1), np.uint8), np.zeros(n, np.int64)
    four = (np.ones((1, 200)), np.ones(200), np.ones((200, 20)), np.ones(20))
    if long == "prediction":
        call = partial(core.predictor(four, n_threads=2).probabilities, X)
    elif long == "held-out loss":
        running = core.training(parameters=four, X=X[:10], y=y[:10], test=(X, y), n_threads=2)
        call = partial(running.epoch, None, 5, np.full(2, 1e-3))
    else:
        running = core.training(parameters=four, X=X, y=y, n_threads=2)
        call = partial(running.epoch, None, n, np.full(1, 1e-3))
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupt):
            call()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    if long == "one batch":
        assert running.step() == 0
        np.testing.assert_array_equal(running.parameters()[2], four[2])


def python(code, **environment):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


@pytest.mark.parametrize("action", ["train()", "predict()"])
def test_an_interpreter_that_ends_while_a_daemon_thread_works_keeps_its_exit_status(action):
    code = f"""
        import sys, threading, time
        import numpy as np
        from tests.core import problems
        from triceptron import core
        from triceptron.training import engines

        state, task = problems.make(n=20_000, m=200, h=200, n_threads=2, tested=False)

        def train():
            running = engines.start_engine("core", state, task)
            while True:
                running.epoch(None, 1, np.full(20_000, 1e-3))

        def predict():
            predictor = core.predictor(state.parameters, n_threads=2)
            while True:
                predictor.logits(task.X)

        threading.Thread(target=lambda: {action}, daemon=True).start()
        time.sleep(0.3)
        sys.exit(3)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (3, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_does_not_wait_for_its_parents_threads():
    code = """
        import os, sys, threading, time
        import numpy as np
        from tests.core import problems
        from triceptron.training import engines

        state, task = problems.make(n=20_000, m=200, h=200, n_threads=2, tested=False)

        def train():
            running = engines.start_engine("core", state, task)
            while True:
                running.epoch(None, 1, np.full(20_000, 1e-3))

        threading.Thread(target=train, daemon=True).start()
        time.sleep(0.3)
        child = os.fork()
        if child:
            print(os.waitpid(child, 0)[1] >> 8)
        sys.exit(7)
    """
    silent = ["-W", "ignore:This process:DeprecationWarning"]  # Python 3.12 and later warn of any such fork
    command = [sys.executable, *silent, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (7, "7", "")
