import numpy as np
import pytest

from triceptron.training import dropout


@pytest.mark.parametrize(
    ("key", "counter", "words"),
    [  # the generator's authors publish these
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_published_words(key, counter, words):
    assert tuple(int(word) for word in dropout.threefry2x32(key, counter)) == words


def test_mask_silences_the_share_asked_for_and_keeps_the_mean():
    D = dropout.mask(1, 0, dropout.HIDDEN, (500, 301), 0.3, np.float64)
    assert set(np.unique(D)) == {0, 1 / 0.7}
    assert (D == 0).mean() == pytest.approx(0.3, abs=0.005)


def test_mask_of_fewer_rows_is_the_top_of_the_larger_one():
    large = dropout.mask(7, 3, dropout.INPUT, (20, 9), 0.5, np.float32)
    assert (dropout.mask(7, 3, dropout.INPUT, (8, 9), 0.5, np.float32) == large[:8]).all()


def test_mask_differs_by_seed_step_and_layer():
    masks = {
        dropout.mask(seed, step, layer, (16, 16), 0.5, np.float32).tobytes()
        for seed in (0, 1, 2**63)
        for step in (0, 1)
        for layer in (dropout.INPUT, dropout.HIDDEN)
    }
    assert len(masks) == 12
