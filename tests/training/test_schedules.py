from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triceptron.training import one_cycle


def test_one_cycle_rises_over_a_fifth_and_falls_over_the_rest_in_straight_lines():
    rates = [one_cycle(0.8, 20)(step) for step in range(20)]
    assert rates[:4] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    falls = [a - b for a, b in pairwise(rates[3:])]
    assert falls == pytest.approx([0.8 / 17] * 16)
    assert rates[-1] == pytest.approx(0.8 / 17)


@given(st.integers(1, 300), st.integers(0, 1000))
def test_one_cycle_is_positive_reaches_its_peak_and_begins_where_it_is_told(total, first):
    rates = [one_cycle(0.5, total, first=first)(first + i) for i in range(total)]
    assert min(rates) > 0
    assert max(rates) == pytest.approx(0.5)
    assert rates == [one_cycle(0.5, total)(i) for i in range(total)]
