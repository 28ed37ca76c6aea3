// The four parameters as the kernels want them.
#pragma once

#include <algorithm>

#include "layout.hpp"

namespace triceptron {

template <class T> struct Layers {
    Index m, h, K;
    Panels<T> W1, b1, W2, b2;

    Layers(Index m, Index h, Index K) : m(m), h(h), K(K), W1(m, h), b1(1, h), W2(h, K), b2(1, K) {}

    void read(const T* plain_W1, const T* plain_b1, const T* plain_W2, const T* plain_b2) {
        W1.read(plain_W1), b1.read(plain_b1), W2.read(plain_W2), b2.read(plain_b2);
    }
    void write(T* plain_W1, T* plain_b1, T* plain_W2, T* plain_b2) const {
        W1.write(plain_W1), b1.write(plain_b1), W2.write(plain_W2), b2.write(plain_b2);
    }
    // How many true hidden units panel p holds.
    Index units(Index p) const { return std::min(panel<T>, h - p * panel<T>); }
    Index classes(Index q) const { return std::min(panel<T>, K - q * panel<T>); }
};

}  // namespace triceptron
