// The kernels themselves. Included once by each kernels_*.cpp, which is compiled with that instruction set's flags.
#pragma once

#include <limits>

#include "kernels.hpp"
#include "random.hpp"
#include "vector.hpp"

namespace {

using namespace triceptron;

// ---- Where A's numbers lie. at(r, k) is the factor of B's row k in C's row r. ----

template <class T, int R> struct RowCursor {
    const T* row[R];
    T operator()(int r, Index k) const { return row[r][k]; }
};
template <class T> struct RowsByPointer {  // C = A B, A's rows anywhere in memory
    const T* const* rows;
    template <int R> RowCursor<T, R> cursor(Index first) const {
        RowCursor<T, R> c;
        for (int r = 0; r < R; ++r) c.row[r] = rows[first + r];
        return c;
    }
};
template <class T> struct RowsStrided {  // C = A B, A's rows at a stride
    const T* base;
    Index stride;
    template <int R> RowCursor<T, R> cursor(Index first) const {
        RowCursor<T, R> c;
        for (int r = 0; r < R; ++r) c.row[r] = base + (first + r) * stride;
        return c;
    }
};
template <class T> struct ColumnsByPointer {  // C = A^T B: the sum runs down A's rows
    const T* const* rows;
    Index first;
    template <int R> struct Cursor {
        const T* const* rows;
        Index column;
        T operator()(int r, Index k) const { return rows[k][column + r]; }
    };
    template <int R> Cursor<R> cursor(Index column) const { return {rows, first + column}; }
};
template <class T> struct ColumnsStrided {
    const T* base;
    Index stride;
    template <int R> struct Cursor {
        const T* column;
        Index stride;
        T operator()(int r, Index k) const { return column[k * stride + r]; }
    };
    template <int R> Cursor<R> cursor(Index column) const { return {base + column, stride}; }
};

// ---- C = start + A B: register tiles of R rows by U vectors, and the loops around them. ----

template <class T> inline Vector<T> relu(Vector<T> z) {  // (2); NaN stays NaN, so that a training that diverged shows it
    return Vector<T>{} > z ? Vector<T>{} : z;
}

template <class T> struct Part : Product<T> {  // the terms from k0 on, up to k1
    Index k0, k1;
};

// Rows of a tile for a strip of U vectors: enough independent sums to hide an addition's latency, as few loads
// for each as the registers allow.
#ifdef TRICEPTRON_FEW_TILES  // for sanitizers: the same code, built in a fraction of the time
constexpr int tile_rows(int) { return 2; }
constexpr int strip_vectors = 2;
#else
constexpr int tile_rows(int U) {
    if (registers == 32) return U == 4 ? 6 : U == 3 ? 8 : 12;
    return U == 3 ? 4 : U == 2 ? 6 : 10;
}
constexpr int strip_vectors = registers == 32 ? 4 : 3;
#endif

template <int R, int U, class T, class A>
inline void tile(const Part<T>& p, A a, Index row, Index column) {
    T* C = p.C + row * p.width + column;
    Vector<T> sum[R][U];
    unroll<R>([&](auto r) __attribute__((always_inline)) {
        unroll<U>([&](auto u) __attribute__((always_inline)) {
            if (p.start == Start::zero) sum[r][u] = Vector<T>{};
            else if (p.start == Start::row) sum[r][u] = load(p.bias + column + u * lanes<T>);
            else if (p.start == Start::column) sum[r][u] = broadcast(p.bias[row + r]);
            else sum[r][u] = load(C + r * p.width + u * lanes<T>);
        });
    });
    const auto factor = a.template cursor<R>(row);
    const T* B = p.B + p.k0 * p.width + column;
    for (Index k = p.k0; k < p.k1; ++k, B += p.width) {
        Vector<T> b[U];
        unroll<U>([&](auto u) __attribute__((always_inline)) { b[u] = load(B + u * lanes<T>); });
        unroll<R>([&](auto r) __attribute__((always_inline)) {
            const Vector<T> x = broadcast(factor(r, k));
            unroll<U>([&](auto u) __attribute__((always_inline)) { sum[r][u] = fma(x, b[u], sum[r][u]); });
        });
    }
    const T* H = p.H + (C - p.C);
    unroll<R>([&](auto r) __attribute__((always_inline)) {
        unroll<U>([&](auto u) __attribute__((always_inline)) {
            const Index place = r * p.width + u * lanes<T>;
            Vector<T> z = sum[r][u];
            if (p.finish == Finish::relu) z = relu<T>(z);
            if (p.finish == Finish::where_active) z = load(H + place) > Vector<T>{} ? z * p.scale : Vector<T>{};  // (10)
            store(C + place, z);
        });
    });
}

// All n rows of a strip, in tiles as even as they come: sevenths and eighths of a tile would waste registers.
template <int R, int U, class T, class A> inline void tile_of(Index rows, const Part<T>& p, A a, Index row, Index column) {
    if (rows == R) return tile<R, U>(p, a, row, column);
    if constexpr (R > 1) tile_of<R - 1, U>(rows, p, a, row, column);
}
template <int U, class T, class A> inline void strip(const Part<T>& p, A a, Index n, Index column) {
    for (Index row = 0, left = n; left > 0;) {
        const Index rows = ceil_div(left, ceil_div(left, tile_rows(U)));
        tile_of<tile_rows(U), U>(rows, p, a, row, column);
        row += rows, left -= rows;
    }
}

template <class T, class A> inline void strips(const Part<T>& p, A a, Index n) {
    // A single row uses each number of B once: whole rows of a panel, so that memory is read from front to back.
    constexpr Index whole = panel<T> / lanes<T> < registers / 2 ? panel<T> / lanes<T> : registers / 2;
    Index column = 0;
    if (n == 1)
        for (; p.width - column >= whole * lanes<T>; column += whole * lanes<T>) tile<1, whole>(p, a, 0, column);
    for (Index left = (p.width - column) / lanes<T>; left > 0;) {
        const Index u = ceil_div(left, ceil_div(left, strip_vectors));
        switch (u) {
            case 1: strip<1>(p, a, n, column); break;
            case 2: strip<2>(p, a, n, column); break;
            case 3:
                if constexpr (strip_vectors >= 3) strip<3>(p, a, n, column);
                break;
            default:
                if constexpr (strip_vectors == 4) strip<4>(p, a, n, column);
        }
        left -= u, column += u * lanes<T>;
    }
}

// The sum is cut every `depth_block` terms: that much of B's strip stays in the first-level cache while all
// rows of C pass by.
template <class T, class A> inline void product(A a, Index n, Index depth, Index depth_block, const Product<T>& whole) {
    Part<T> p{whole, 0, 0};
    for (Index k0 = 0; k0 < depth; k0 += depth_block) {
        p.k0 = k0, p.k1 = k0 + depth_block < depth ? k0 + depth_block : depth;
        p.finish = p.k1 < depth ? Finish::keep : whole.finish;
        strips(p, a, n);
        p.start = Start::more;
    }
}

constexpr Index forward_depth = 128;   // 128 rows of a strip of W1: 16 to 32 KiB
constexpr Index gradient_depth = 64;   // 64 rows of dZ: 8 to 16 KiB, and as many pieces of X beside them

template <class T> void multiply(const T* A, Index stride, Index n, Index depth, const Product<T>& p) {
    product(RowsStrided<T>{A, stride}, n, depth, gradient_depth, p);
}
template <class T> void multiply_rows(const T* const* A, Index n, Index depth, const Product<T>& p) {
    product(RowsByPointer<T>{A}, n, depth, forward_depth, p);
}
template <class T> void gradient(const T* const* A, Index first, Index features, Index n, const Product<T>& p) {
    product(ColumnsByPointer<T>{A, first}, features, n, gradient_depth, p);
}
template <class T> void gradient_strided(const T* A, Index stride, Index features, Index n, const Product<T>& p) {
    product(ColumnsStrided<T>{A, stride}, features, n, gradient_depth, p);
}

// ---- Lists of what is not zero. ----

// Writes an entry in any case and moves on if it counts: no branch to be guessed wrong.
template <class T> inline void append(Entry<T>*& end, Index index, T value) {
    *end = {static_cast<std::uint32_t>(index), value};
    end += value != T(0);
}

#if defined(__AVX512F__)
// Sixteen numbers, those that are not zero moved to the front and each joined by its number.
inline Entry<float>* append(Entry<float>* end, Index first, __m512 values) {
    const __mmask16 filled = _mm512_cmp_ps_mask(values, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    const __m512i places = _mm512_add_epi32(
        _mm512_set1_epi32(static_cast<int>(first)), _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    const __m512i index = _mm512_maskz_compress_epi32(filled, places);
    const __m512i value = _mm512_castps_si512(_mm512_maskz_compress_ps(filled, values));
    const __m512i lower = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const __m512i upper = _mm512_add_epi32(lower, _mm512_set1_epi32(8));
    _mm512_storeu_si512(end, _mm512_permutex2var_epi32(index, lower, value));
    _mm512_storeu_si512(end + 8, _mm512_permutex2var_epi32(index, upper, value));
    return end + __builtin_popcount(filled);
}
#endif

template <class T> Entry<T>* list(const T* numbers, Index first, Index count, Entry<T>* end) {
    Index k = 0;
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        for (; k + 16 <= count; k += 16) end = append(end, first + k, _mm512_loadu_ps(numbers + k));
#endif
    for (; k < count; ++k) append(end, first + k, numbers[k]);
    return end;
}

template <class T>
Entry<T>* list_pixels(const std::uint8_t* pixels, const double* inverse, Index first, Index count, Entry<T>* end) {
    Index k = 0;
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        for (; k + 16 <= count; k += 16) {
            const __m128i sixteen = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixels + k));
            if (_mm_testz_si128(sixteen, sixteen)) continue;  // an image's margin is passed over
            const auto scaled = [&](__m128i eight, Index from) {
                return _mm512_cvtpd_ps(_mm512_mul_pd(_mm512_cvtepi32_pd(_mm256_cvtepu8_epi32(eight)), _mm512_loadu_pd(inverse + from)));
            };
            const __m256 low = scaled(sixteen, k), high = scaled(_mm_unpackhi_epi64(sixteen, sixteen), k + 8);
            end = append(end, first + k, _mm512_insertf32x8(_mm512_castps256_ps512(low), high, 1));
        }
#endif
    for (; k + 8 <= count; k += 8) {
        std::uint64_t eight;
        __builtin_memcpy(&eight, pixels + k, 8);
        if (eight == 0) continue;
        for (Index j = k; j < k + 8; ++j) append(end, first + j, T(pixels[j] * inverse[j]));
    }
    for (; k < count; ++k) append(end, first + k, T(pixels[k] * inverse[k]));
    return end;
}

// One row of C at a time: its own entries choose the rows of B.
template <int U, class T> inline void sparse_row(Entries<T> a, const Product<T>& p, Index row, Index column) {
    T* C = p.C + row * p.width + column;
    const T* B = p.B + column;
    Vector<T> sum[U];
    unroll<U>([&](auto u) __attribute__((always_inline)) {
        if (p.start == Start::zero) sum[u] = Vector<T>{};
        else sum[u] = load((p.start == Start::row ? p.bias + column : C) + u * lanes<T>);
    });
    for (const Entry<T>* entry = a.begin; entry < a.end; ++entry) {
        const Vector<T> x = broadcast(entry->value);
        const T* b = B + entry->index * p.width;
        unroll<U>([&](auto u) __attribute__((always_inline)) { sum[u] = fma(x, load(b + u * lanes<T>), sum[u]); });
    }
    unroll<U>([&](auto u) __attribute__((always_inline)) {
        store(C + u * lanes<T>, p.finish == Finish::relu ? relu<T>(sum[u]) : sum[u]);
    });
}

template <int U, class T> inline void sparse_strip(const Lists<T>& A, Index n, const Product<T>& p, Index column) {
    const bool stays = p.start == Start::more && p.finish == Finish::keep;  // where nothing is added
    for (Index row = 0; row < n; ++row)
        if (!stays || A[row].size() > 0) sparse_row<U>(A[row], p, row, column);
}
template <int U, class T> inline void sparse_strip_of(Index vectors, const Lists<T>& A, Index n, const Product<T>& p, Index column) {
    if (vectors == U) return sparse_strip<U>(A, n, p, column);
    if constexpr (U > 1) sparse_strip_of<U - 1>(vectors, A, n, p, column);
}

template <class T> void multiply_lists(const Lists<T>& A, Index n, const Product<T>& p) {
    constexpr int most = 8;
    for (Index left = p.width / lanes<T>, column = 0; left > 0;) {
        const Index vectors = left < most ? left : most;
        sparse_strip_of<most>(vectors, A, n, p, column);
        left -= vectors, column += vectors * lanes<T>;
    }
}

template <class T> void sum_rows(const T* A, Index n, Index width, T* s) {
    for (Index c = 0; c < width; c += lanes<T>) {
        Vector<T> sum{};
        for (Index i = 0; i < n; ++i) sum += load(A + i * width + c);
        store(s + c, sum);
    }
}

template <class T> void subtract_outer(const T* shift, const T* s, Index features, Index width, T* G) {
    for (Index f = 0; f < features; ++f)
        for (Index c = 0; c < width; c += lanes<T>)
            store(G + f * width + c, fma(broadcast(-shift[f]), load(s + c), load(G + f * width + c)));
}

// ---- Outputs and losses: as many samples at once as a vector has lanes, so no sum crosses lanes. ----

template <class T> struct Samples {  // a few rows of O as K vectors
    T* O;
    Index panel_stride, first, K;
    T& at(Index i, Index k) const {
        const Index p = k / panel<T>, last = round_up(K, padding<T>) - p * panel<T>;
        const Index width = last < panel<T> ? last : panel<T>;
        return O[p * panel_stride + (first + i) * width + k - p * panel<T>];
    }
    void gather(Index row, Index count, Vector<T>* columns) const {
        for (Index k = 0; k < K; ++k)
            for (Index lane = 0; lane < lanes<T>; ++lane)
                columns[k][lane] = at(row + (lane < count ? lane : 0), k);
    }
    void scatter(Index row, Index count, const Vector<T>* columns) const {
        for (Index k = 0; k < K; ++k)
            for (Index lane = 0; lane < count; ++lane) at(row + lane, k) = columns[k][lane];
    }
};

template <class T> inline Vector<T> largest(const Vector<T>* columns, Index K) {
    Vector<T> top = columns[0];
    for (Index k = 1; k < K; ++k) top = columns[k] > top ? columns[k] : top;
    return top;
}

// columns become exp(columns - top); returns their sum.
template <class T> inline Vector<T> exponentials(Vector<T>* columns, Index K, Vector<T> top) {
    Vector<T> sum{};
    for (Index k = 0; k < K; ++k) sum += columns[k] = exponential<T>(columns[k] - top);
    return sum;
}

// Number k of each of `count` rows of Y (n, K).
template <class T> inline Vector<T> column_of(const T* Y, Index K, Index k, Index count) {
    Vector<T> column{};
    for (Index lane = 0; lane < count; ++lane) column[lane] = Y[lane * K + k];
    return column;
}

// Softmax: columns become P - Y if `backward`; returns the rows' losses.
template <class T> inline Vector<T> cross_entropy(Vector<T>* columns, Index K, const T* Y, Index count, bool backward) {
    const Vector<T> top = largest<T>(columns, K);
    Vector<T> truth{};
    for (Index k = 0; k < K; ++k) truth += column_of(Y, K, k, count) * (columns[k] - top);
    const Vector<T> sum = exponentials<T>(columns, K, top);
    if (backward)
        for (Index k = 0; k < K; ++k) columns[k] = columns[k] / sum - column_of(Y, K, k, count);  // (4)
    return logarithm<T>(sum) - truth;  // (5), as each row of Y sums to 1
}
// The same for labels: Y has a single 1 in each row.
template <class T> inline Vector<T> cross_entropy(Vector<T>* columns, Index K, const std::int32_t* y, Index count, bool backward) {
    const Vector<T> top = largest<T>(columns, K);
    Vector<T> truth{};
    for (Index lane = 0; lane < count; ++lane) truth[lane] = columns[y[lane]][lane];
    const Vector<T> sum = exponentials<T>(columns, K, top);
    const Vector<T> row_loss = logarithm<T>(sum) - (truth - top);  // (5)
    if (!backward) return row_loss;
    for (Index k = 0; k < K; ++k) columns[k] /= sum;  // (4)
    for (Index lane = 0; lane < count; ++lane) columns[y[lane]][lane] -= 1;
    return row_loss;
}

// The two outputs that are functions of their own logit alone: o becomes P - y; returns the loss.
template <class T> inline Vector<T> own_loss(Output output, Vector<T>& o, Vector<T> y) {
    if (output == Output::identity) {
        o -= y;
        return o * o * T(0.5);  // (22)
    }
    const Vector<T> zero{}, magnitude = o < zero ? -o : o, e = exponential<T>(-magnitude), sum = e + T(1);
    // log(1 + e), exact for small e too: what 1 + e rounds away is made up for by the quotient.
    const Vector<T> rest = sum - T(1), log1p = rest > zero ? logarithm<T>(sum) * e / rest : e;
    const Vector<T> loss = (o > zero ? o : zero) - o * y + log1p;  // (20), (21)
    o = (o < zero ? e : broadcast(T(1))) / sum - y;                // (19)
    return loss;
}

// A row's loss is the mean over K numbers, but the sum over K probabilities.
inline double loss_share(Output output, Index K) { return output == Output::identity ? 1 / static_cast<double>(K) : 1; }

template <class T>
double loss(Output output, T* O, Index panel_stride, Index first, Index n, Index K, const std::int32_t* y, const T* Y,
            const double* w, bool backward, T* scratch) {
    const Samples<T> samples{O, panel_stride, first, K};
    auto* columns = reinterpret_cast<Vector<T>*>(scratch);
    double total = 0;
    for (Index row = 0; row < n; row += lanes<T>) {
        const Index count = n - row < lanes<T> ? n - row : lanes<T>;
        samples.gather(row, count, columns);
        Vector<T> row_loss{};
        if (output == Output::softmax) {
            row_loss = Y ? cross_entropy<T>(columns, K, Y + row * K, count, backward)
                         : cross_entropy<T>(columns, K, y + row, count, backward);
        } else {
            for (Index k = 0; k < K; ++k) row_loss += own_loss<T>(output, columns[k], column_of(Y + row * K, K, k, count));
        }
        for (Index lane = 0; lane < count; ++lane) total += w[row + lane] * double(row_loss[lane]);  // (6)
        if (!backward) continue;
        Vector<T> share{};
        for (Index lane = 0; lane < count; ++lane) share[lane] = T(w[row + lane]);
        for (Index k = 0; k < K; ++k) columns[k] *= share;  // (7)
        samples.scatter(row, count, columns);
    }
    return total * loss_share(output, K);
}

template <class T> void softmax(T* O, Index panel_stride, Index n, Index K, T* scratch) {
    const Samples<T> samples{O, panel_stride, 0, K};
    auto* columns = reinterpret_cast<Vector<T>*>(scratch);
    for (Index row = 0; row < n; row += lanes<T>) {
        const Index count = n - row < lanes<T> ? n - row : lanes<T>;
        samples.gather(row, count, columns);
        const Vector<T> sum = exponentials<T>(columns, K, largest<T>(columns, K));
        for (Index k = 0; k < K; ++k) columns[k] /= sum;  // (4)
        samples.scatter(row, count, columns);
    }
}

// ---- The same for samples that lie side by side, a row of numbers for each class or unit. ----

// From n rows of X, zeros in the place of the others: X in rows of `width`, and its transpose.
template <class T> void pack(const T* const* rows, Index n, Index across, Index m, Index width, T* X, T* XT) {
    for (Index i = 0; i < across; ++i) {
        T* row = X + i * width;
        const Index filled = i < n ? m : 0;
        if (filled) __builtin_memcpy(row, rows[i], sizeof(T) * static_cast<std::size_t>(m));
        for (Index k = filled; k < width; ++k) row[k] = 0;
    }
    for (Index k = 0; k < width; k += lanes<T>)
        for (Index i = 0; i < across; i += lanes<T>) {
            Vector<T> square[lanes<T>];
            for (Index r = 0; r < lanes<T>; ++r) square[r] = load(X + (i + r) * width + k);
            transpose<T>(square);
            for (Index r = 0; r < lanes<T>; ++r) store(XT + (k + r) * across + i, square[r]);
        }
}

template <class T>
double loss_across(Output output, T* OT, Index n, Index across, Index K, const Integer<T>* y, const T* YT, const double* w, Index width,
                   T* dO) {
    double total = 0;
    const Index end = dO ? across : n;  // beyond n, dO has to be 0
    for (Index i = 0; i < end; i += lanes<T>) {
        const Index count = n - i < lanes<T> ? n - i : lanes<T>;
        using Labels = Vector<Integer<T>>;
        Labels label;
        __builtin_memcpy(&label, y + i, sizeof label);
        const auto is = [&](Index k) { return label == Labels{} + Integer<T>(k); };
        Vector<T> row_loss{}, inverse{};
        if (output == Output::softmax) {
            Vector<T> top = load(OT + i);
            for (Index k = 1; k < K; ++k) {
                const Vector<T> o = load(OT + k * across + i);
                top = o > top ? o : top;
            }
            Vector<T> sum{}, truth{};
            for (Index k = 0; k < K; ++k) {
                const Vector<T> s = load(OT + k * across + i) - top;
                if (YT) truth += load(YT + k * across + i) * s;
                else truth = is(k) ? s : truth;
                const Vector<T> e = exponential<T>(s);
                sum += e;
                if (dO) store(OT + k * across + i, e);
            }
            row_loss = logarithm<T>(sum) - truth;  // (5)
            inverse = T(1) / sum;
        } else {
            for (Index k = 0; k < K; ++k) {
                Vector<T> o = load(OT + k * across + i);
                row_loss += own_loss<T>(output, o, load(YT + k * across + i));
                if (dO) store(OT + k * across + i, o);
            }
        }
        for (Index lane = 0; lane < count; ++lane) total += w[i + lane] * double(row_loss[lane]);  // (6)
        if (!dO) continue;
        Vector<T> share;
        for (Index lane = 0; lane < lanes<T>; ++lane) share[lane] = T(w[i + lane]);
        for (Index k = 0; k < K; k += lanes<T>) {
            Vector<T> square[lanes<T>];
            for (Index r = 0; r < lanes<T>; ++r) {
                square[r] = Vector<T>{};
                if (k + r >= K) continue;
                T* place = OT + (k + r) * across + i;
                Vector<T> difference = load(place);  // P - Y already, or
                if (output == Output::softmax)
                    difference = difference * inverse  // (4)
                                 - (YT ? load(YT + (k + r) * across + i) : is(k + r) ? broadcast(T(1)) : Vector<T>{});
                square[r] = difference * share;  // (7)
                store(place, square[r]);
            }
            transpose<T>(square);
            for (Index r = 0; r < lanes<T>; ++r) store(dO + (i + r) * width + k, square[r]);
        }
    }
    return total * loss_share(output, K);
}

template <class T> void sum_across(const T* A, Index n, Index across, bool more, T* s) {
    for (Index j = 0; j < n; ++j)
        for (Index c = 0; c < padding<T>; c += lanes<T>) {
            Vector<T> sum = more ? load(s + j * padding<T> + c) : Vector<T>{};
            for (Index i = c; i < across; i += padding<T>) sum += load(A + j * across + i);
            store(s + j * padding<T> + c, sum);
        }
}

inline void drop_words(std::uint32_t key0, std::uint32_t key1, std::uint32_t first, std::uint32_t j, Index count,
                       std::uint32_t* __restrict low, std::uint32_t* __restrict high) {
    for (Index i = 0; i < count; ++i) {
        const Threefry words = threefry2x32(key0, key1, first + static_cast<std::uint32_t>(i), j);
        low[i] = words.first, high[i] = words.second;
    }
}

// ---- Entry by entry: plain loops that the compiler turns into vectors. ----

// A number below the smallest normal one is 0: what nothing renews (the velocity of a pixel that is always black) would
// stay just above 0 for ever, where each operation takes some processors a hundred times as long.
template <class T> inline T settled(T x) {
    constexpr T least = std::numeric_limits<T>::min();
    return x < least && x > -least ? T(0) : x;
}

template <class T>
void update(const Update<T>& u, Index count, const T* __restrict G, T* __restrict theta, T* __restrict first,
            T* __restrict second) {
    const T eta = u.learning_rate, penalty = u.penalty;
    switch (u.rule) {
        case Rule::descent:
            for (Index i = 0; i < count; ++i) theta[i] = settled(theta[i] - eta * (G[i] + penalty * theta[i]));  // (13), (17)
            break;
        case Rule::momentum:
            for (Index i = 0; i < count; ++i) {
                first[i] = settled(u.momentum * first[i] - eta * (G[i] + penalty * theta[i]));  // (14)
                theta[i] = settled(theta[i] + first[i]);
            }
            break;
        case Rule::nesterov:
            for (Index i = 0; i < count; ++i) {
                const T step = eta * (G[i] + penalty * theta[i]);
                first[i] = settled(u.momentum * first[i] - step);
                theta[i] = settled(theta[i] + (u.momentum * first[i] - step));  // (15)
            }
            break;
        case Rule::adam:
            for (Index i = 0; i < count; ++i) {
                const T g = G[i] + penalty * theta[i];
                first[i] = settled(u.beta_1 * first[i] + u.rest_1 * g);
                second[i] = settled(u.beta_2 * second[i] + u.rest_2 * g * g);
                const T root = sizeof(T) == 4 ? T(__builtin_sqrtf(float(second[i]))) : T(__builtin_sqrt(second[i]));
                theta[i] = settled(theta[i] - eta * first[i] / (root + u.epsilon));  // (16)
            }
            break;
        case Rule::gradient:
            for (Index i = 0; i < count; ++i) first[i] = G[i] + penalty * theta[i];  // (17)
            break;
    }
}

template <class T> double sum_of_squares(const T* values, Index count) {
    constexpr Index parts = 16;  // a fixed number of partial sums, whatever the vectors
    double sum[parts] = {};
    Index i = 0;
    for (; i + parts <= count; i += parts)
        for (Index j = 0; j < parts; ++j) sum[j] += double(values[i + j]) * double(values[i + j]);
    for (Index j = 0; i + j < count; ++j) sum[j] += double(values[i + j]) * double(values[i + j]);
    double total = 0;
    for (double part : sum) total += part;
    return total;
}

template <class T>
void standardise(const std::uint8_t* pixels, const double* mean, const double* inverse, Index m, T* x) {
    for (Index k = 0; k < m; ++k) x[k] = T((double(pixels[k]) - mean[k]) * inverse[k]);
}

// Threefry-2x32 of 20 rounds for `half` counters at once; random.hpp has the same for a single one.
inline void random_words(std::uint32_t key0, std::uint32_t key1, std::uint32_t row, Index half,
                         std::uint32_t* __restrict words) {
    for (Index j = 0; j < half; ++j) {
        const Threefry block = threefry2x32(key0, key1, row, static_cast<std::uint32_t>(j));
        words[j] = block.first;
        words[half + j] = block.second;
    }
}

template <class T>
void add(const T* __restrict from, Index count, T* __restrict to) {
    for (Index i = 0; i < count; ++i) to[i] += from[i];
}

template <class T>
void drop(const std::uint32_t* __restrict words, std::uint32_t threshold, T scale, Index count, T* __restrict values) {
    for (Index i = 0; i < count; ++i) values[i] = words[i] >= threshold ? values[i] * scale : T(0);
}

template <class T>
void drop_across(std::uint32_t key0, std::uint32_t key1, std::uint32_t first, Index h, Index across, std::uint32_t threshold,
                 T scale, T* HT) {
    const Index half = ceil_div(h, 2);
    std::uint32_t low[block<T>], high[block<T>];
    for (Index j = 0; j < half; ++j) {
        drop_words(key0, key1, first, static_cast<std::uint32_t>(j), across, low, high);
        drop(low, threshold, scale, across, HT + j * across);
        if (half + j < h) drop(high, threshold, scale, across, HT + (half + j) * across);
    }
}

template <class T> constexpr Kernels<T> kernels() {
    return {multiply<T>, multiply_rows<T>, multiply_lists<T>, gradient<T>, gradient_strided<T>, sum_rows<T>,
            subtract_outer<T>, loss<T>, softmax<T>, list<T>, list_pixels<T>, pack<T>, loss_across<T>,
            sum_across<T>, drop_across<T>, add<T>, update<T>, sum_of_squares<T>, standardise<T>, random_words, drop<T>};
}

}  // namespace
