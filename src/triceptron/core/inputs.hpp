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

// A number of rows made ready. Each block of rows may be prepared by a different thread.
template <class T> class Inputs {
public:
    Inputs() = default;
    // Lists are kept in pieces of `step` columns, so that a piece of all rows can be turned into lists of columns.
    Inputs(Index capacity, Index m, const Entrance<T>& entrance, bool pixels, Index step)
        : m_(m), step_(step), rows_(static_cast<std::size_t>(capacity)), pixels_(static_cast<std::size_t>(capacity)),
          lists_(static_cast<std::size_t>(entrance.sparse ? capacity : 0)),
          ends_(static_cast<std::size_t>(entrance.sparse ? capacity * pieces() : 0)),
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
        if (e.sparse) list_row(i, e, core);
    }

    const T* const* rows(Index i) const { return rows_.data() + i; }
    const Entries<T>* lists(Index i) const { return lists_.data() + i; }

    // The non-zero entries of each column of piece f over the first n rows; `entries` has room for n for each column.
    void list_columns(Index f, Index n, Entries<T>* lists, Entry<T>* entries) const {
        const Index first = f * step_, columns = std::min(step_, m_ - first);
        std::vector<Entry<T>*> end(static_cast<std::size_t>(columns));
        for (Index k = 0; k < columns; ++k) end[k] = entries + k * n;
        for (Index i = 0; i < n; ++i) {
            const Entry<T>* const* ends = ends_.data() + i * pieces();
            for (const Entry<T>* entry = f ? ends[f - 1] : lists_[i].begin; entry < ends[f]; ++entry)
                *end[static_cast<Index>(entry->index) - first]++ = {static_cast<std::uint32_t>(i), entry->value};
        }
        for (Index k = 0; k < columns; ++k) lists[k] = {entries + k * n, end[k]};
    }

private:
    Index pieces() const { return ceil_div(m_, step_); }
    void list_row(Index i, const Entrance<T>& e, const Kernels<T>& core) {
        Entry<T>* const begin = entries_.data() + i * m_;
        Entry<T>* end = begin;
        for (Index f = 0; f < pieces(); ++f) {
            const Index first = f * step_, count = std::min(step_, m_ - first);
            end = rows_[i] ? core.list(rows_[i] + first, first, count, end)
                           : core.list_pixels(pixels_[i] + first, e.inverse + first, first, count, end);
            ends_[i * pieces() + f] = end;
        }
        lists_[i] = {begin, end};
    }

    Index m_ = 0, step_ = 1;
    std::vector<const T*> rows_;
    std::vector<const std::uint8_t*> pixels_;
    std::vector<Entries<T>> lists_;
    std::vector<const Entry<T>*> ends_;  // of each piece of each row's list
    Buffer<Entry<T>> entries_;
    Buffer<T> rewritten_;
};

}  // namespace triceptron
