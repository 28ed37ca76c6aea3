// The four parameters, in C order and as the kernels want them.
#pragma once

#include <algorithm>

#include "layout.hpp"

namespace triceptron {

template <class T> struct Plain {  // somebody else's memory, in C order
    T *W1, *b1, *W2, *b2;
};

template <class T> struct Layers {
    Index m, h, K;
    Panels<T> W1, b1, W2, b2;

    Layers(Index m, Index h, Index K) : m(m), h(h), K(K), W1(m, h), b1(1, h), W2(h, K), b2(1, K) {}

    void read(const Plain<const T>& from) { W1.read(from.W1), b1.read(from.b1), W2.read(from.W2), b2.read(from.b2); }
    void write(const Plain<T>& to) const { W1.write(to.W1), b1.write(to.b1), W2.write(to.W2), b2.write(to.b2); }
    // How many true hidden units panel p holds.
    Index units(Index p) const { return std::min(panel<T>, h - p * panel<T>); }
    Index classes(Index q) const { return std::min(panel<T>, K - q * panel<T>); }
};

}  // namespace triceptron
