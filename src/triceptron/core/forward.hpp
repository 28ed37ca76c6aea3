// From rows of X to logits, for those who need no gradient: held-out losses and predictions. (1)-(3)
#pragma once

#include "inputs.hpp"
#include "layers.hpp"
#include "pool.hpp"

namespace triceptron {

// One thread's room for a block of rows.
template <class T> struct ForwardBlock {
    Inputs<T> inputs;
    Panels<T> H, O;
    Buffer<T> scratch;  // for softmax: K vectors

    ForwardBlock(Index rows, const Layers<T>& layers, const Entrance<T>& entrance, Kind kind)
        : inputs(rows, layers.m, entrance, kind, kind == Kind::compressed ? layers.m : most_piece), H(rows, layers.h), O(rows, layers.K),
          scratch(layers.K * padding<T>) {}
};

// H = relu(X W1 + b1), one panel of hidden units, from lists. Rows that have something in most of their pieces take
// them one by one, so that a piece's rows of W1 stay in the first-level cache; the sum's order stays. (1), (2)
template <class T>
void hidden_sparse(const Kernels<T>& kernels, const Layers<T>& layers, const Panels<T>& b1, const Inputs<T>& inputs, Index first,
                   Index n, Index p, T* H) {
    constexpr Index worth_loading = 4;  // entries of a piece, for the sums to be fetched and put back
    const Index pieces = inputs.pieces();
    const Lists<T> whole = inputs.lists(first, 0, pieces);
    Index entries = 0;
    for (Index i = 0; i < n; ++i) entries += whole[i].size();
    const Index step = entries >= worth_loading * n * pieces ? 1 : pieces;
    for (Index piece = 0; piece < pieces; piece += step)
        kernels.multiply_lists(inputs.lists(first, piece, piece + step), n,
                               {.B = layers.W1.at(p), .width = layers.W1.width(p), .C = H,
                                .start = piece ? Start::more : Start::row, .bias = b1.at(p),
                                .finish = piece + step == pieces ? Finish::relu : Finish::keep});
}

// H = relu(X W1 + b1), one panel of hidden units. (1), (2)
template <class T>
void hidden(const Kernels<T>& kernels, const Layers<T>& layers, const Panels<T>& b1, const Inputs<T>& inputs, bool sparse,
            Index first, Index n, Index p, T* H) {
    if (sparse) hidden_sparse(kernels, layers, b1, inputs, first, n, p, H);
    else
        kernels.multiply_rows(inputs.rows(first), n, layers.m,
                              {.B = layers.W1.at(p), .width = layers.W1.width(p), .C = H, .start = Start::row,
                               .bias = b1.at(p), .finish = Finish::relu});
}

// O = H W2 + b2 for n rows from `first` on. (3)
template <class T>
void logits(const Kernels<T>& kernels, const Layers<T>& layers, const Panels<T>& H, Index first, Index n,
            const Panels<T>& O) {
    for (Index q = 0; q < O.count(); ++q)
        for (Index p = 0; p < H.count(); ++p)
            kernels.multiply(H.at(p, first), H.width(p), n, layers.units(p),
                             {.B = layers.W2.at(q, p * panel<T>), .width = layers.W2.width(q), .C = O.at(q, first),
                              .start = p ? Start::more : Start::row, .bias = layers.b2.at(q)});
}

// b1 with the mean folded in: (X - mean) / scale W1 + b1 = X / scale W1 + (b1 - mean / scale W1).
template <class T>
void fold_mean(const Kernels<T>& kernels, const Layers<T>& layers, const Buffer<T>& minus_shift, const Panels<T>& folded,
               Index p) {
    const T* row = minus_shift.data();
    kernels.multiply_rows(&row, 1, layers.m,
                          {.B = layers.W1.at(p), .width = layers.W1.width(p), .C = folded.at(p), .start = Start::row,
                           .bias = layers.b1.at(p)});
}

// O of the rows [first, first + n) of X, in the block's own memory; the hidden units shared out if there is a pool.
template <class T>
void forward(const Kernels<T>& kernels, const Layers<T>& layers, const Panels<T>& b1, const Source<T>& X,
             const Entrance<T>& entrance, Index first, Index n, ForwardBlock<T>& block, Pool* pool = nullptr) {
    block.inputs.begin(n, X, [&](Index i) { return first + i; });
    for (Index i = 0; i < n; ++i) block.inputs.prepare(i, first + i, i, X, entrance, kernels, nullptr);
    const auto units = [&](Index p, int) {
        hidden(kernels, layers, b1, block.inputs, entrance.sparse, 0, n, p, block.H.at(p));
    };
    if (pool) pool->run(block.H.count(), units);
    else for (Index p = 0; p < block.H.count(); ++p) units(p, 0);
    logits(kernels, layers, block.H, 0, n, block.O);
}

}  // namespace triceptron
