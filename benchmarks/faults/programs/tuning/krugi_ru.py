# Нейросеть с нуля: классификация двух колец
# Лабораторная работа №3
import numpy as np

np.random.seed(11)


def get_data(n):
    labels = np.arange(n) % 2
    radius = np.where(labels == 0, 1.0, 2.2) + 0.2 * np.random.randn(n)
    phi = 2 * np.pi * np.random.rand(n)
    points = np.column_stack((radius * np.cos(phi), radius * np.sin(phi)))
    return points, labels


X, y = get_data(500)
X_test, y_test = get_data(200)

INPUT_DIM = 2
H_DIM = 10
OUT_DIM = 2
ALPHA = 0.5
DECAY = 0.999
NUM_EPOCHS = 1500

W1 = np.random.rand(INPUT_DIM, H_DIM)
b1 = np.random.rand(1, H_DIM)
W2 = np.random.rand(H_DIM, OUT_DIM)
b2 = np.random.rand(1, OUT_DIM)

# приводим веса к диапазону [-1, 1]
W1 = 2 * W1 - 1
b1 = 2 * b1 - 1
W2 = 2 * W2 - 1
b2 = 2 * b2 - 1


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def sigmoid_deriv(t):
    s = sigmoid(t)
    return s * (1 - s)


def softmax_batch(t):
    out = np.exp(t - np.max(t, axis=1, keepdims=True))
    return out / np.sum(out, axis=1, keepdims=True)


def sparse_cross_entropy_batch(z, y):
    return -np.log(np.array([z[j, y[j]] for j in range(len(y))]))


def to_full_batch(y, num_classes):
    y_full = np.zeros((len(y), num_classes))
    for j, yj in enumerate(y):
        y_full[j, yj] = 1
    return y_full


y_full = to_full_batch(y, OUT_DIM)
loss_arr = []

for ep in range(NUM_EPOCHS):
    # прямой проход
    t1 = X @ W1 + b1
    h1 = sigmoid(t1)
    t2 = h1 @ W2 + b2
    z = softmax_batch(t2)
    E = np.mean(sparse_cross_entropy_batch(z, y))

    # обратный проход
    dE_dt2 = (z - y_full) / len(y)
    dE_dW2 = h1.T @ dE_dt2
    dE_db2 = np.sum(dE_dt2, axis=0, keepdims=True)
    dE_dh1 = dE_dt2 @ W2.T
    dE_dt1 = dE_dh1 * sigmoid_deriv(t1)
    dE_dW1 = X.T @ dE_dt1
    dE_db1 = np.sum(dE_dt1, axis=0, keepdims=True)

    # обновление весов
    W1 = W1 - ALPHA * dE_dW1
    b1 = b1 - ALPHA * dE_db1
    W2 = W2 - ALPHA * dE_dW2
    b2 = b2 - ALPHA * dE_db2

    ALPHA *= DECAY
    loss_arr.append(E)
    if ep % 250 == 0:
        print("эпоха", ep, "ошибка (loss)", round(float(E), 4))


def predict(x):
    t1 = x @ W1 + b1
    h1 = sigmoid(t1)
    t2 = h1 @ W2 + b2
    return softmax_batch(t2)


def calc_accuracy(points, labels):
    correct = 0
    for x, yj in zip(points, labels):
        z = predict(x[None, :])
        y_pred = np.argmax(z)
        if y_pred == yj:
            correct += 1
    return correct / len(points)


print("Точность (обучение):", calc_accuracy(X, y))
print("Точность (тест):", calc_accuracy(X_test, y_test))
