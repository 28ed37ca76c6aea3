# Un petit reseau de neurones qui apprend le XOR
# (version sans classe, avec des variables globales)
import numpy as np

np.random.seed(12)

# les quatre exemples : une ligne par exemple
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.array([[0], [1], [1], [0]])

taux = 2.0
nb_caches = 4

# poids tires entre -1 et 1
poids1 = 2 * np.random.random((2, nb_caches)) - 1
biais1 = np.zeros((1, nb_caches))
poids2 = 2 * np.random.random((nb_caches, 1)) - 1
biais2 = np.zeros((1, 1))


def sigmoide(x, derivee=False):
    if derivee:
        # x est deja une sortie de la sigmoide
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def propagation(entree):
    couche1 = sigmoide(np.dot(entree, poids1) + biais1)
    couche2 = sigmoide(np.dot(couche1, poids2) + biais2)
    return couche1, couche2


def cout(sortie, cible):
    return 0.5 * np.mean(np.sum((sortie - cible) ** 2, axis=1))


def retropropagation(entree, cible):
    global poids1, biais1, poids2, biais2
    n = len(entree)
    couche1, couche2 = propagation(entree)

    # erreur de la sortie puis de la couche cachee
    delta2 = (couche2 - cible) * sigmoide(couche2, derivee=True)
    delta1 = np.dot(delta2, poids2.T) * sigmoide(couche1, derivee=True)

    # descente de gradient
    poids2 -= taux * np.dot(couche1.T, delta2) / n
    biais2 -= taux * np.sum(delta2, axis=0, keepdims=True) / n
    poids1 -= taux * np.dot(entree.T, delta1) / n
    biais1 -= taux * np.sum(delta1, axis=0, keepdims=True) / n
    return cout(couche2, cible)


for iteration in range(6001):
    perte = retropropagation(X, Y)
    if iteration % 1000 == 0:
        print("Iteration", iteration, "- cout :", perte)

_, prediction = propagation(X)
print("Sorties apres apprentissage :")
print(prediction)
classes = np.where(prediction > 0.5, 1, 0)
print("Classes :", classes.ravel(), "justes :", np.mean(classes == Y))
