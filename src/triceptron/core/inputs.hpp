// Rows of X on their way into the network: found by number, standardised, thinned out by dropout, and listed by
// their non-zero entries where most are zero or the zeros are not stored at all.
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
    // One entry of a row of m, as Kernels::random_words and drop make all of them.
    T thin(T value, Index row, Index k, Index m) const {
        const Index half = ceil_div(m, 2), counter = k < half ? k : k - half;
        const Threefry words = threefry2x32(key0, key1, static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(counter));
        return (k < half ? words.first : words.second) >= threshold ? value * scale : T(0);
    }
};

// X (n, m): floats, pixels with their standardisation, or compressed rows. Memory is someone else's.
enum class Kind { floats, pixels, compressed };
template <class T> struct Source {
    const T* floats = nullptr;
    const std::uint8_t* pixels = nullptr;
    // Compressed rows: row i has values[e] in column columns[e], ascending, for e from starts[i] to starts[i + 1].
    const std::int64_t* starts = nullptr;
    const std::int32_t* columns = nullptr;
    const T* values = nullptr;
    Index n = 0, m = 0;

    Kind kind() const { return starts ? Kind::compressed : pixels ? Kind::pixels : Kind::floats; }
    Index stored(Index row) const { return starts[row + 1] - starts[row]; }

    // Asks memory for a row that will be read soon: in a shuffled order the processor cannot foresee it.
    void fetch(Index row) const {
        if (!floats) return;  // pixels are a quarter as long: it was not worth it
        const char* const begin = reinterpret_cast<const char*>(floats + row * m);
        for (Index byte = 0; byte < m * Index(sizeof(T)); byte += 64) __builtin_prefetch(begin + byte);
    }

    // The share of non-zero entries, from some rows spread over X.
    double density(Index at_most) const {
        const Index rows = n < at_most ? n : at_most;
        Index filled = 0;
        for (Index r = 0; r < rows; ++r) filled += non_zero(r * n / rows);
        return static_cast<double>(filled) / static_cast<double>(rows * m);
    }

private:
    Index non_zero(Index row) const {
        const auto count = [](const auto* from, Index length) {
            return std::count_if(from, from + length, [](auto x) { return x != 0; });
        };
        if (starts) return count(values + starts[row], stored(row));
        return floats ? count(floats + row * m, m) : count(pixels + row * m, m);
    }
};

// How rows enter the network; the same for a whole training.
template <class T> struct Entrance {
    const double* mean = nullptr;   // (m,), for pixels only: (x - mean) * inverse
    const double* inverse = nullptr;  // 1 / scale
    bool sparse = false;            // list non-zero entries
    const T* shift = nullptr;       // mean / scale, if X is kept as x / scale and the mean is folded into b1
    Dropout<T> dropout;

    // Whether whole rows of floats have to be written somewhere before the first multiplication.
    bool rewrites(Kind kind) const {
        return kind == Kind::compressed ? !sparse : dropout.on || (kind == Kind::pixels && !sparse);
    }
};

// Below this share of non-zero entries the lists win: measured on a Zen 4, lists cost about twice as much for an
// entry as register tiles do, and their making something more.
constexpr double sparse_density = 0.35;

inline bool centred(const std::vector<double>& mean) {
    return std::any_of(mean.begin(), mean.end(), [](double x) { return x != 0; });
}

// Columns of a piece of a list, at most: so many rows of a panel of W1 stay in the first-level cache.
constexpr Index most_piece = 64;

// A number of rows made ready. Each block of rows may be prepared by a different thread.
template <class T> class Inputs {
public:
    Inputs() = default;
    // Lists are kept in pieces of `step` columns, so that a piece of all rows can be turned into lists of columns.
    Inputs(Index capacity, Index m, const Entrance<T>& entrance, Kind kind, Index step)
        : m_(m), step_(step), rows_(static_cast<std::size_t>(capacity)), pixels_(static_cast<std::size_t>(capacity)),
          places_(static_cast<std::size_t>(entrance.sparse ? capacity : 0)),
          bounds_(static_cast<std::size_t>(entrance.sparse ? capacity * (pieces() + 1) : 0)),
          entries_(entrance.sparse && kind != Kind::compressed ? capacity * m : 0),
          rewritten_(entrance.rewrites(kind) ? capacity * m : 0) {
        for (std::size_t i = 0; i < places_.size(); ++i) places_[i] = static_cast<Index>(i) * m;
    }

    // To be called before n rows are prepared: finds a place for each one's list, as long as it is.
    template <class RowOf> void begin(Index n, const Source<T>& X, RowOf row_of) {
        if (X.kind() != Kind::compressed || places_.empty()) return;
        Index end = 0;
        for (Index i = 0; i < n; ++i) places_[i] = end, end += X.stored(row_of(i));
        if (entries_.size() < end) entries_ = Buffer<Entry<T>>(end + end / 4);
    }

    // Row i is to be X[row]; `batch_row` is its place in the batch, which dropout goes by.
    void prepare(Index i, Index row, Index batch_row, const Source<T>& X, const Entrance<T>& e, const Kernels<T>& kernels,
                 std::uint32_t* words) {
        if (X.kind() == Kind::compressed && e.sparse) return list_compressed(i, row, batch_row, X, e.dropout);
        rows_[i] = X.floats ? X.floats + row * m_ : nullptr;
        pixels_[i] = X.pixels ? X.pixels + row * m_ : nullptr;
        if (rewritten_.size() > 0) {
            T* place = rewritten_.data() + i * m_;
            if (rows_[i]) std::memcpy(place, rows_[i], sizeof(T) * static_cast<std::size_t>(m_));
            else if (pixels_[i]) kernels.standardise(pixels_[i], e.mean, e.inverse, m_, place);
            else spread(X, row, place);
            if (e.dropout.on) {
                const Index half = ceil_div(m_, 2);
                kernels.random_words(e.dropout.key0, e.dropout.key1, static_cast<std::uint32_t>(batch_row), half, words);
                kernels.drop(words, e.dropout.threshold, e.dropout.scale, m_, place);
            }
            rows_[i] = place, pixels_[i] = nullptr;
        }
        if (e.sparse) list_row(i, e, kernels);
    }

    const T* const* rows(Index i) const { return rows_.data() + i; }
    // The non-zero entries of the rows from i on: of the pieces from `piece` up to `end`.
    Lists<T> lists(Index i, Index piece, Index end) const { return {bounds(i) + piece, bounds(i) + end, pieces() + 1}; }
    Index pieces() const { return ceil_div(m_, step_); }

    // The non-zero entries of each column of a piece over the first n rows; `entries` has room for n for each column.
    void list_columns(Index piece, Index n, const Entry<T>** begins, const Entry<T>** ends, Entry<T>* entries) const {
        const Index first = piece * step_, columns = std::min(step_, m_ - first);
        std::vector<Entry<T>*> end(static_cast<std::size_t>(columns));
        for (Index k = 0; k < columns; ++k) end[k] = entries + k * n;
        for (Index i = 0; i < n; ++i)
            for (const Entry<T>* entry = bounds(i)[piece]; entry < bounds(i)[piece + 1]; ++entry)
                *end[static_cast<Index>(entry->index) - first]++ = {static_cast<std::uint32_t>(i), entry->value};
        for (Index k = 0; k < columns; ++k) begins[k] = entries + k * n, ends[k] = end[k];
    }

private:
    const Entry<T>** bounds(Index i) { return bounds_.data() + i * (pieces() + 1); }
    const Entry<T>* const* bounds(Index i) const { return bounds_.data() + i * (pieces() + 1); }
    void spread(const Source<T>& X, Index row, T* place) const {
        std::fill_n(place, m_, T(0));
        for (Index e = X.starts[row]; e < X.starts[row + 1]; ++e) place[X.columns[e]] = X.values[e];
    }
    void list_compressed(Index i, Index row, Index batch_row, const Source<T>& X, const Dropout<T>& dropout) {
        Entry<T>* end = entries_.data() + places_[i];
        bounds(i)[0] = end;
        Index e = X.starts[row];
        for (Index f = 0; f < pieces(); ++f) {
            const Index next = std::min((f + 1) * step_, m_);
            for (; e < X.starts[row + 1] && X.columns[e] < next; ++e) {
                const T value = dropout.on ? dropout.thin(X.values[e], batch_row, X.columns[e], m_) : X.values[e];
                if (value != T(0)) *end++ = {static_cast<std::uint32_t>(X.columns[e]), value};
            }
            bounds(i)[f + 1] = end;
        }
    }
    void list_row(Index i, const Entrance<T>& e, const Kernels<T>& kernels) {
        Entry<T>* end = entries_.data() + places_[i];
        bounds(i)[0] = end;
        for (Index f = 0; f < pieces(); ++f) {
            const Index first = f * step_, count = std::min(step_, m_ - first);
            end = rows_[i] ? kernels.list(rows_[i] + first, first, count, end)
                           : kernels.list_pixels(pixels_[i] + first, e.inverse + first, first, count, end);
            bounds(i)[f + 1] = end;
        }
    }

    Index m_ = 0, step_ = 1;
    std::vector<const T*> rows_;
    std::vector<const std::uint8_t*> pixels_;
    std::vector<Index> places_;  // of each row's list among the entries
    std::vector<const Entry<T>*> bounds_;  // of each row's list, piece by piece
    Buffer<Entry<T>> entries_;
    Buffer<T> rewritten_;
};

}  // namespace triceptron
