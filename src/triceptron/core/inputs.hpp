// Rows of X on their way into the network: found by number, standardised, thinned out by dropout, and listed by
// their non-zero entries where most are zero.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels.hpp"
#include "random.hpp"

namespace triceptron {

// One layer's dropout in one update. (18)
template <class T> struct Dropout {
    bool on = false;
    std::uint32_t threshold = 0;  // floor(rate * 2^32)
    T scale = 1;                  // 1 / (1 - rate)
    std::uint32_t key0 = 0, key1 = 0;

    Dropout() = default;
    explicit Dropout(double rate)
        : on(rate > 0), threshold(static_cast<std::uint32_t>(rate * 4294967296.0)), scale(T(1 / (1 - rate))) {}

    void start(std::uint64_t seed, std::uint64_t step, std::uint32_t layer) {
        const Threefry key = threefry2x32(static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                                          static_cast<std::uint32_t>(step), layer);
        key0 = key.first, key1 = key.second;
    }
};

// X (n, m) of floats or of pixels with their standardisation; memory is someone else's.
template <class T> struct Source {
    const T* floats = nullptr;
    const std::uint8_t* pixels = nullptr;
    Index n = 0, m = 0;

    // An entry at a time, for counting.
    bool is_zero(Index i) const { return floats ? floats[i] == T(0) : pixels[i] == 0; }

    // The share of non-zero entries, from some rows spread over X.
    double density(Index at_most) const {
        const Index rows = n < at_most ? n : at_most;
        Index filled = 0;
        for (Index r = 0; r < rows; ++r)
            for (Index k = 0; k < m; ++k) filled += !is_zero(r * n / rows * m + k);
        return static_cast<double>(filled) / static_cast<double>(rows * m);
    }
};

// How rows enter the network; the same for a whole training.
template <class T> struct Entrance {
    const double* mean = nullptr;   // (m,), for pixels only: (x - mean) * inverse
    const double* inverse = nullptr;  // 1 / scale
    bool sparse = false;            // list non-zero entries
    const T* shift = nullptr;       // mean / scale, if X is kept as x / scale and the mean is folded into b1
    Dropout<T> dropout;

    // Whether floats have to be written somewhere before the first multiplication.
    bool rewrites(bool pixels) const { return dropout.on || (pixels && !sparse); }
};

// Below this share of non-zero entries the lists win: measured on a Zen 4, lists cost about twice as much for an
// entry as register tiles do, and their making something more.
constexpr double sparse_density = 0.35;

inline bool centred(const std::vector<double>& mean) {
    return std::any_of(mean.begin(), mean.end(), [](double x) { return x != 0; });
}

// Calls visit(k, x) for entries k in [first, last) of a row, in ascending order: for all that are not zero and for
// some that are. (An image's margin is passed over; deciding about each single entry costs more than it saves.)
template <class T, class Visit> void each_entry(const T* row, Index first, Index last, Visit visit) {
    for (Index k = first; k < last; ++k) visit(k, row[k]);
}
template <class Visit> void each_entry(const std::uint8_t* row, Index first, Index last, Visit visit) {
    Index k = first;
    for (; k + 8 <= last; k += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, row + k, 8);
        if (eight == 0) continue;
        for (Index j = k; j < k + 8; ++j) visit(j, row[j]);
    }
    for (; k < last; ++k) visit(k, row[k]);
}

// Writes an entry in any case and moves on if it counts: the list has a place for every entry there could be.
template <class T> void append(Entry<T>*& end, Index index, T value) {
    *end = {static_cast<std::uint32_t>(index), value};
    end += value != T(0);
}

// A number of rows made ready. Each block of rows may be prepared by a different thread.
template <class T> class Inputs {
public:
    Inputs() = default;
    Inputs(Index capacity, Index m, const Entrance<T>& entrance, bool pixels)
        : m_(m), rows_(static_cast<std::size_t>(capacity)), pixels_(static_cast<std::size_t>(capacity)),
          lists_(static_cast<std::size_t>(entrance.sparse ? capacity : 0)),
          entries_(entrance.sparse ? capacity * m : 0), rewritten_(entrance.rewrites(pixels) ? capacity * m : 0) {}

    // Row i is to be X[row]; `batch_row` is its place in the batch, which dropout goes by.
    void prepare(Index i, Index row, Index batch_row, const Source<T>& X, const Entrance<T>& e, const Kernels<T>& core,
                 std::uint32_t* words) {
        rows_[i] = X.floats ? X.floats + row * m_ : nullptr;
        pixels_[i] = X.pixels ? X.pixels + row * m_ : nullptr;
        if (rewritten_.size() > 0) {
            T* place = rewritten_.data() + i * m_;
            if (rows_[i]) std::memcpy(place, rows_[i], sizeof(T) * static_cast<std::size_t>(m_));
            else core.standardise(pixels_[i], e.mean, e.inverse, m_, place);
            if (e.dropout.on) {
                const Index half = ceil_div(m_, 2);
                core.random_words(e.dropout.key0, e.dropout.key1, static_cast<std::uint32_t>(batch_row), half, words);
                core.drop(words, e.dropout.threshold, e.dropout.scale, m_, place);
            }
            rows_[i] = place, pixels_[i] = nullptr;
        }
        if (e.sparse) list_row(i, e);
    }

    const T* const* rows(Index i) const { return rows_.data() + i; }
    const Entries<T>* lists(Index i) const { return lists_.data() + i; }

    // The non-zero entries of columns [first, last) over the first n rows; `entries` has room for them all.
    void list_columns(Index first, Index last, Index n, const Entrance<T>& e, Entries<T>* lists,
                      Entry<T>* entries) const {
        std::vector<Entry<T>*> end(static_cast<std::size_t>(last - first));
        for (Index k = 0; k < last - first; ++k) end[k] = entries + k * n;
        for (Index i = 0; i < n; ++i) {
            if (rows_[i])
                each_entry(rows_[i], first, last, [&](Index k, T x) { append(end[k - first], i, x); });
            else
                each_entry(pixels_[i], first, last,
                           [&](Index k, std::uint8_t x) { append(end[k - first], i, T(x * e.inverse[k])); });
        }
        for (Index k = 0; k < last - first; ++k) lists[k] = {entries + k * n, end[k]};
    }

private:
    void list_row(Index i, const Entrance<T>& e) {
        Entry<T>* const begin = entries_.data() + i * m_;
        Entry<T>* end = begin;
        if (rows_[i]) each_entry(rows_[i], 0, m_, [&](Index k, T x) { append(end, k, x); });
        else each_entry(pixels_[i], 0, m_, [&](Index k, std::uint8_t x) { append(end, k, T(x * e.inverse[k])); });
        lists_[i] = {begin, end};
    }

    Index m_ = 0;
    std::vector<const T*> rows_;
    std::vector<const std::uint8_t*> pixels_;
    std::vector<Entries<T>> lists_;
    Buffer<Entry<T>> entries_;
    Buffer<T> rewritten_;
};

}  // namespace triceptron
