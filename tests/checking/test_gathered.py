"""Networks of single numbers in loops are judged as those of arrays are."""

import pytest

from triceptron.checking import check

NEURONS = """
from math import exp
from random import random, seed

def start(n_inputs, n_hidden, n_outputs):
    sizes = [(n_inputs, n_hidden), (n_hidden, n_outputs)]
    return [[{"weights": [random() - 0.5 for _ in range(m + 1)]} for _ in range(n)] for m, n in sizes]

def activate(weights, inputs):
    total = weights[-1]
    for i in range(len(weights) - 1):
        total += weights[i] * inputs[i]
    return total

def transfer(total):
    return 1.0 / (1.0 + exp(-total))

def forward(network, row):
    inputs = row
    for layer in network:
        outputs = []
        for neuron in layer:
            neuron["output"] = transfer(activate(neuron["weights"], inputs))
            outputs.append(neuron["output"])
        inputs = outputs
    return inputs

def slope(output):
    return output * (1.0 - output)

def backward(network, expected):
    for i in reversed(range(len(network))):
        errors = []
        for j in range(len(network[i])):
            if i == len(network) - 1:
                errors.append(network[i][j]["output"] - expected[j])
            else:
                error = 0.0
                for neuron in network[i + 1]:
                    error += neuron["weights"][j] * neuron["delta"]
                errors.append(error)
        for j in range(len(network[i])):
            network[i][j]["delta"] = errors[j] * slope(network[i][j]["output"])

def step(network, row, rate):
    for i in range(len(network)):
        inputs = row if i == 0 else [neuron["output"] for neuron in network[i - 1]]
        for neuron in network[i]:
            for j in range(len(inputs)):
                neuron["weights"][j] -= rate * neuron["delta"] * inputs[j]
            neuron["weights"][-1] -= rate * neuron["delta"]

seed(1)
rows = [([2.8, 2.6], 0), ([1.5, 2.4], 0), ([3.4, 4.4], 0), ([7.6, 2.8], 1), ([5.3, 2.1], 1), ([6.9, 1.8], 1)]
network = start(2, 3, 2)
for epoch in range(30):
    for row, label in rows:
        forward(network, row)
        expected = [0, 0]
        expected[label] = 1
        backward(network, expected)
        step(network, row, 0.5)
print([forward(network, row) for row, _ in rows])
"""

LISTS = """
import math
import random

random.seed(4)
w1 = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(4)]
b1 = [random.uniform(-1, 1) for _ in range(4)]
w2 = [random.uniform(-1, 1) for _ in range(4)]
b2 = random.uniform(-1, 1)
rate = 0.5
data = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]
for epoch in range(500):
    for x, y in data:
        h = []
        for i in range(4):
            h.append(math.tanh(sum(w1[i][j] * x[j] for j in range(2)) + b1[i]))
        z = b2
        for i in range(4):
            z += w2[i] * h[i]
        o = 1 / (1 + math.exp(-z))
        d = (o - y) * o * (1 - o)
        dh = [d * w2[i] * (1 - h[i] ** 2) for i in range(4)]
        for i in range(4):
            w2[i] -= rate * d * h[i]
            b1[i] -= rate * dh[i]
            for j in range(2):
                w1[i][j] -= rate * dh[i] * x[j]
        b2 -= rate * d
print(o)
"""


def judged(tmp_path, text):
    file = tmp_path / "network.py"
    file.write_text(text, encoding="utf-8")
    return check(file, lang="en")


RIGHT = {
    "neurons": NEURONS,
    "lists": LISTS,
    "biases of zero": LISTS.replace("b1 = [random.uniform(-1, 1) for _ in range(4)]", "b1 = [0.0] * 4"),
    "whole zeros": LISTS.replace("b1 = [random.uniform(-1, 1) for _ in range(4)]", "b1 = [0] * 4"),
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=[*RIGHT])
def test_a_right_network_is_right(text, tmp_path):
    report = judged(tmp_path, text)
    assert report.ok
    assert {report["forward"].status, report["compute_gradient"].status} == {"right"}


FAULTS = [
    (NEURONS, 'network[i][j]["output"] - expected[j]', 'expected[j] - network[i][j]["output"]'),
    (NEURONS, "return output * (1.0 - output)", "return 1.0 - output"),
    (NEURONS, 'neuron["weights"][j] * neuron["delta"]', 'neuron["delta"]'),
    (NEURONS, 'neuron["weights"][-1] -= rate * neuron["delta"]', 'neuron["weights"][-1] -= neuron["delta"]'),
    (LISTS, "(o - y) * o * (1 - o)", "(y - o) * o * (1 - o)"),
    (LISTS, "d * w2[i] * (1 - h[i] ** 2)", "d * w2[i] * h[i]"),
    (LISTS, "d * w2[i] * (1", "d * (1"),
    (LISTS, "w2[i] -= rate", "w2[i] += rate"),
]


@pytest.mark.parametrize(("text", "right", "wrong"), FAULTS)
def test_a_fault_is_found(text, right, wrong, tmp_path):
    assert right in text
    report = judged(tmp_path, text.replace(right, wrong))
    assert report.together.status == "wrong"
    assert {*report.wrong} & {"compute_gradient", "update", "relu_derivative"}
