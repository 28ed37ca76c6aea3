"""Zeilen sind Proben; deutsche Namen; Gewichte in einem Wörterbuch; tanh, Softmax, Zielmatrix."""

import numpy as np


def start(eingaben, verdeckt, klassen, zufall):
    return {
        "W1": zufall.normal(0, 0.5, (eingaben, verdeckt)),  #: init_W1
        "b1": np.zeros((1, verdeckt)),  #: init_b1
        "W2": zufall.normal(0, 0.5, (verdeckt, klassen)),  #: init_W2
        "b2": np.zeros((1, klassen)),  #: init_b2
    }


def softmax(netz):
    potenzen = np.exp(netz - netz.max(axis=1, keepdims=True))  #: exp
    summe = potenzen.sum(axis=1, keepdims=True)  #: norm
    return potenzen / summe  #: divided


def vorwaerts(gewichte, eingabe):
    netz1 = eingabe @ gewichte["W1"] + gewichte["b1"]  #: Z
    verdeckt = np.tanh(netz1)  #: H
    netz2 = verdeckt @ gewichte["W2"] + gewichte["b2"]  #: O
    return verdeckt, softmax(netz2)  #: P


def fehler(ausgabe, ziel):
    return -(ziel * np.log(ausgabe)).sum() / ziel.shape[0]  #: loss


def rueckwaerts(gewichte, eingabe, verdeckt, ausgabe, ziel):
    anzahl = ziel.shape[0]  #: n
    delta2 = (ausgabe - ziel) / anzahl  #: dO
    delta1 = delta2 @ gewichte["W2"].T * (1 - verdeckt**2)  #: dZ
    return {
        "W1": eingabe.T @ delta1,  #: dW1
        "b1": delta1.sum(axis=0, keepdims=True),  #: db1
        "W2": verdeckt.T @ delta2,  #: dW2
        "b2": delta2.sum(axis=0, keepdims=True),  #: db2
    }


def lernschritt(gewichte, ableitung, lernrate):
    for name in gewichte:
        gewichte[name] = gewichte[name] - lernrate * ableitung[name]  #: up_W1


def lernen(gewichte, eingabe, ziel, lernrate=0.6, runden=80):
    for runde in range(runden):  #: loop
        verdeckt, ausgabe = vorwaerts(gewichte, eingabe)  #: step_forward
        if runde % 20 == 0 or runde == runden - 1:
            print("Runde", runde, "loss", fehler(ausgabe, ziel))
        ableitung = rueckwaerts(gewichte, eingabe, verdeckt, ausgabe, ziel)  #: step_backward
        lernschritt(gewichte, ableitung, lernrate)  #: step_update
    return gewichte


def vorhersage(gewichte, eingabe):
    return vorwaerts(gewichte, eingabe)[1].argmax(axis=1)  #: predict


if __name__ == "__main__":
    zufall = np.random.default_rng(8)
    eingabe = zufall.normal(size=(70, 5))
    klasse = (eingabe[:, :3] + 0.2).argmax(axis=1)
    gewichte = lernen(start(5, 7, 3, zufall), eingabe, np.eye(3)[klasse])
    print("richtig", (vorhersage(gewichte, eingabe) == klasse).mean())
