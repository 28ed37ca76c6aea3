# %% [markdown]
# # Ziffern

# %%
import numpy as np

gen = np.random.default_rng(12)
daten = gen.normal(size=(120, 6)).astype(np.float32)
ziffern = (np.abs(daten[:, :4])).argmax(axis=1)
daten_lern, ziffern_lern = daten[:90], ziffern[:90]
daten_test, ziffern_test = daten[90:], ziffern[90:]

# %%
theta = [
    gen.normal(scale=0.4, size=(6, 14)),
    np.zeros((1, 14)),
    gen.normal(scale=0.4, size=(14, 4)),
    np.zeros((1, 4)),
]


# %%
def vorwaerts(X, theta):
    Z = X.dot(theta[0]) + theta[1]
    H = np.clip(Z, 0, None)
    O = H.dot(theta[2]) + theta[3]
    O = O - O.max(axis=1, keepdims=True)
    P = np.exp(O)
    P /= P.sum(axis=1, keepdims=True)
    return H, P


def verlust(P, y):
    return -np.log(P[np.arange(y.size), y]).sum() / y.size


def rueckwaerts(X, y, H, P, theta):
    G = P.copy()
    np.add.at(G, (np.arange(y.size), y), -1)
    G /= y.size
    dH = G.dot(theta[2].T)
    dH[H == 0] = 0
    return [X.T.dot(dH), dH.sum(axis=0, keepdims=True), H.T.dot(G), G.sum(axis=0, keepdims=True)]


# %%
lernrate = 0.5
verlauf_lern, verlauf_test = [], []
for epoche in range(100):
    H, P = vorwaerts(daten_lern, theta)
    verlauf_lern.append(verlust(P, ziffern_lern))
    verlauf_test.append(verlust(vorwaerts(daten_test, theta)[1], ziffern_test))
    gradient = rueckwaerts(daten_lern, ziffern_lern, H, P, theta)
    for k in range(4):
        theta[k] -= lernrate * gradient[k]

# %%
print("loss", verlauf_lern[0], "then loss", verlauf_lern[-1], "test", verlauf_test[-1])
treffer = vorwaerts(daten_test, theta)[1].argmax(axis=1) == ziffern_test
print("richtig", treffer.mean())
