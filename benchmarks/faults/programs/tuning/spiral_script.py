# 螺旋数据分类：两层网络，全部写在一个循环里
import numpy as np

np.random.seed(0)

# ---------- 生成数据 ----------
N = 60          # 每一类的点数
D = 2           # 维数
K = 3           # 类别数
X = np.zeros((N * K, D))
y = np.zeros(N * K, dtype='uint8')
for j in range(K):
    ix = range(N * j, N * (j + 1))
    r = np.linspace(0.0, 1, N)
    t = np.linspace(j * 4, (j + 1) * 4, N) + np.random.randn(N) * 0.2
    X[ix] = np.c_[r * np.sin(t), r * np.cos(t)]
    y[ix] = j

# ---------- 初始化参数 ----------
h = 50          # 隐藏层大小
W = 0.1 * np.random.randn(D, h)
b = np.zeros((1, h))
W2 = 0.1 * np.random.randn(h, K)
b2 = np.zeros((1, K))

# 超参数
step_size = 1.0
reg = 1e-3      # 正则化强度
num_examples = X.shape[0]

# ---------- 梯度下降 ----------
for i in range(1001):
    # 前向传播
    z = np.dot(X, W) + b
    hidden = np.maximum(0, z)
    scores = np.dot(hidden, W2) + b2

    # 概率
    exp_scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)

    # 损失 = 平均交叉熵 + 正则项
    correct_logprobs = -np.log(probs[range(num_examples), y])
    data_loss = np.sum(correct_logprobs) / num_examples
    reg_loss = 0.5 * reg * np.sum(W * W) + 0.5 * reg * np.sum(W2 * W2)
    loss = data_loss + reg_loss
    if i % 100 == 0:
        print("iteration %d: loss %f" % (i, loss))

    # 分数的梯度
    dscores = probs.copy()
    dscores[range(num_examples), y] -= 1
    dscores /= num_examples

    # 反向传播
    dW2 = np.dot(hidden.T, dscores)
    db2 = np.sum(dscores, axis=0, keepdims=True)
    dhidden = np.dot(dscores, W2.T)
    dhidden[z <= 0] = 0
    dW = np.dot(X.T, dhidden)
    db = np.sum(dhidden, axis=0, keepdims=True)

    # 加上正则化的梯度
    dW2 += reg * W2
    dW += reg * W

    # 更新参数
    W += -step_size * dW
    b += -step_size * db
    W2 += -step_size * dW2
    b2 += -step_size * db2

# ---------- 训练集准确率 ----------
hidden = np.maximum(0, np.dot(X, W) + b)
scores = np.dot(hidden, W2) + b2
predicted_class = np.argmax(scores, axis=1)
print("training accuracy: %.3f" % np.mean(predicted_class == y))
