"""Tables as they come: mixed columns, one value in ten missing; made up in the manner of famous ones."""

from collections.abc import Callable

import numpy as np

__all__ = ["MIXED"]

Rows = list[list[object]]


def _rows(columns: dict[str, np.ndarray], label: np.ndarray, rng: np.random.Generator) -> Rows:
    """Return the names and the rows; a tenth of the features' values are missing."""
    n = len(label)
    gaps = {name: rng.random(n) < 0.1 for name in columns}
    body = [
        [*("" if gaps[name][i] else values[i] for name, values in columns.items()), label[i]]
        for i in range(n)
    ]
    return [[*columns, "label"], *body]


def _chance(logit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.random(len(logit)) < 1 / (1 + np.exp(-logit))


def titanic(n: int = 900, seed: int = 0) -> Rows:
    """Passengers: sex, class, age, fare, family, port."""
    rng = np.random.default_rng(seed)
    sex, port = rng.choice(["male", "female"], n, p=[0.65, 0.35]), rng.choice(["S", "C", "Q"], n)
    rank, age = rng.choice([1, 2, 3], n, p=[0.25, 0.2, 0.55]), rng.gamma(5, 6, n).round(1)
    family, fare = rng.poisson(0.9, n), (rng.lognormal(3.5, 0.8, n) / rank).round(2)
    logit = 2.6 * (sex == "female") - 0.9 * (rank - 2) - 0.03 * (age - 30) - 0.3 * family - 0.8
    columns = {"sex": sex, "class": rank, "age": age, "fare": fare, "family": family, "port": port}
    return _rows(columns, np.where(_chance(logit, rng), "saved", "lost"), rng)


def penguins(n: int = 344, seed: int = 0) -> Rows:
    """Three species on three islands, told apart by four measures."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(3, size=n)
    home = np.where(rng.random(n) < 0.75, kind, rng.integers(3, size=n))
    sex = rng.choice(["female", "male"], n)
    large = np.where(sex == "male", 1.0, 0.0)
    bill = rng.normal(np.array([38.8, 48.8, 47.5])[kind] + 2 * large, 2.7).round(1)
    depth = rng.normal(np.array([18.3, 18.4, 15.0])[kind] + large, 1.0).round(1)
    flipper = rng.normal(np.array([190, 196, 217])[kind] + 5 * large, 6).round()
    mass = rng.normal(np.array([3500, 3600, 4900])[kind] + 600 * large, 350).round(-1)
    columns = {
        "island": np.array(["Torgersen", "Dream", "Biscoe"])[home],
        "bill": bill,
        "depth": depth,
        "flipper": flipper,
        "mass": mass,
        "sex": sex,
    }
    return _rows(columns, np.array(["Adelie", "Chinstrap", "Gentoo"])[kind], rng)


def adult(n: int = 8000, seed: int = 0) -> Rows:
    """A census: age, hours, gains with a long tail, and words of up to 40 kinds, some of them rare."""
    rng = np.random.default_rng(seed)
    age, hours = rng.integers(17, 90, n), rng.normal(40, 11, n).clip(1, 99).round()
    school = rng.integers(1, 17, n)
    work = rng.choice([f"work {i}" for i in range(7)], n, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02])
    trade, married = rng.integers(14, size=n), rng.choice(["married", "single", "divorced"], n)
    country = np.minimum(rng.geometric(0.25, n), 40)
    gain = np.where(rng.random(n) < 0.08, rng.lognormal(8, 1, n).round(), 0)
    logit = (
        0.3 * (school - 10)
        + 0.03 * (hours - 40)
        - 0.002 * (age - 48) ** 2
        + 1.6 * (married == "married")
        + rng.normal(size=14)[trade]
        + 0.0003 * gain
        - 1.2
    )
    columns = {
        "age": age,
        "work": work,
        "school": school,
        "married": married,
        "trade": np.array([f"trade {i}" for i in range(14)])[trade],
        "hours": hours,
        "gain": gain,
        "country": np.array([f"country {i}" for i in range(41)])[country],
    }
    return _rows(columns, np.where(_chance(logit, rng), "more", "less"), rng)


MIXED: dict[str, Callable[[], Rows]] = {
    "like Titanic": titanic,
    "like penguins": penguins,
    "like adult": adult,
}
