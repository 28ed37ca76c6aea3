// The kernels themselves. Included once by each kernels_*.cpp, which is compiled with that instruction set's flags.
#pragma once

#include "kernels.hpp"
#include "random.hpp"
#include "vector.hpp"

namespace {

using namespace triceptron;

// ---- Where A's numbers lie. at(r, k) is the factor of B's row k in C's row r. ----

template <class T> struct RowsByPointer {  // C = A B, A's rows anywhere in memory
    const T* const* rows;
    template <int R> struct Cursor {
        const T* row[R];
        T operator()(int r, Index k) const { return row[r][k]; }
    };
    template <int R> Cursor<R> cursor(Index first) const {
        Cursor<R> c;
        for (int r = 0; r < R; ++r) c.row[r] = rows[first + r];
        return c;
    }
};
template <class T> struct RowsStrided {  // C = A B, A's rows at a stride
    const T* base;
    Index stride;
    template <int R> struct Cursor {
        const T* row[R];
        T operator()(int r, Index k) const { return row[r][k]; }
    };
    template <int R> Cursor<R> cursor(Index first) const {
        Cursor<R> c;
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

// ---- What happens to a sum when it is complete. ----

struct Keep {
    template <class T> Vector<T> operator()(Vector<T> z, const T*) const { return z; }
};
struct Relu {  // (2); NaN stays NaN, so that a training that diverged shows it
    template <class T> Vector<T> operator()(Vector<T> z, const T*) const {
        return Vector<T>{} > z ? Vector<T>{} : z;
    }
};
template <class T> struct WhereActive {  // (10)
    const T* C;
    const T* H;  // lies as C does
    T scale;
    Vector<T> operator()(Vector<T> z, const T* place) const {
        return load(H + (place - C)) > Vector<T>{} ? z * scale : Vector<T>{};
    }
};

// ---- C = start + A B: register tiles of R rows by U vectors, and the loops around them. ----

// Rows of a tile for a strip of U vectors: enough independent sums to hide an addition's latency, as few loads
// for each as the registers allow.
constexpr int tile_rows(int U) {
    if (registers == 32) return U == 4 ? 6 : 8;
    return U == 3 ? 4 : U == 2 ? 6 : 8;
}
constexpr int strip_vectors = registers == 32 ? 4 : 3;

template <class T> struct Product {
    const T* B;
    T* C;
    Index width;
    const T* start;  // null: go on from C
    Index k0, k1;
};

template <int R, int U, class T, class A, class Finish>
inline void tile(const Product<T>& p, A a, Index row, Index column, Finish finish) {
    T* C = p.C + row * p.width + column;
    Vector<T> sum[R][U];
    unroll<R>([&](auto r) __attribute__((always_inline)) {
        unroll<U>([&](auto u) __attribute__((always_inline)) {
            sum[r][u] = load((p.start ? p.start + column : C + r * p.width) + u * lanes<T>);
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
    unroll<R>([&](auto r) __attribute__((always_inline)) {
        unroll<U>([&](auto u) __attribute__((always_inline)) {
            T* place = C + r * p.width + u * lanes<T>;
            store(place, finish(sum[r][u], place));
        });
    });
}

template <int R, int U, class T, class A, class Finish>
inline void tiles(const Product<T>& p, A a, Index row, Index n, Index column, Finish finish) {
    for (; row + R <= n; row += R) tile<R, U>(p, a, row, column, finish);
    if constexpr (R > 1) tiles<(R > 4 ? 4 : R / 2), U>(p, a, row, n, column, finish);
}

template <class T, class A, class Finish>
inline void strips(const Product<T>& p, A a, Index n, Finish finish) {
    for (Index left = p.width / lanes<T>, column = 0; left > 0;) {
        const Index u = ceil_div(left, ceil_div(left, strip_vectors));  // as even as they come
        switch (u) {
            case 1: tiles<tile_rows(1), 1>(p, a, 0, n, column, finish); break;
            case 2: tiles<tile_rows(2), 2>(p, a, 0, n, column, finish); break;
            case 3: tiles<tile_rows(3), 3>(p, a, 0, n, column, finish); break;
            default:
                if constexpr (strip_vectors == 4) tiles<tile_rows(4), 4>(p, a, 0, n, column, finish);
        }
        left -= u, column += u * lanes<T>;
    }
}

// The sum is cut every `depth_block` terms: that much of B's strip stays in the first-level cache while all
// rows of C pass by.
template <class T, class A, class Finish>
inline void product(A a, Index n, Index depth, Index depth_block, const T* B, Index width, const T* start, T* C,
                    Finish finish) {
    for (Index k0 = 0; k0 < depth; k0 += depth_block) {
        const Index k1 = k0 + depth_block < depth ? k0 + depth_block : depth;
        const Product<T> p{B, C, width, k0 ? nullptr : start, k0, k1};
        if (k1 < depth) strips(p, a, n, Keep{});
        else strips(p, a, n, finish);
    }
}

constexpr Index forward_depth = 128;   // 128 rows of a strip of W1: 16 KiB
constexpr Index gradient_depth = 64;   // 64 rows of dZ: 16 KiB, and as many pieces of X beside them

template <class T>
void affine(const T* const* A, Index n, Index depth, const T* B, Index width, const T* start, T* C, bool relu) {
    if (relu) product(RowsByPointer<T>{A}, n, depth, forward_depth, B, width, start, C, Relu{});
    else product(RowsByPointer<T>{A}, n, depth, forward_depth, B, width, start, C, Keep{});
}

template <class T>
void output(const T* A, Index stride, Index n, Index depth, const T* B, Index width, const T* start, T* C) {
    product(RowsStrided<T>{A, stride}, n, depth, forward_depth, B, width, start, C, Keep{});
}

template <class T>
void hidden_error(const T* dO, Index stride, Index n, Index depth, const T* W2T, Index width, const T* start,
                  const T* H, T scale, bool last, T* dZ) {
    const RowsStrided<T> a{dO, stride};
    if (last) product(a, n, depth, forward_depth, W2T, width, start, dZ, WhereActive<T>{dZ, H, scale});
    else product(a, n, depth, forward_depth, W2T, width, start, dZ, Keep{});
}

template <class T>
void gradient(const T* const* A, Index first, Index features, Index n, const T* B, Index width, const T* start, T* G) {
    product(ColumnsByPointer<T>{A, first}, features, n, gradient_depth, B, width, start, G, Keep{});
}

template <class T>
void gradient_strided(const T* A, Index stride, Index features, Index n, const T* B, Index width, const T* start,
                      T* G) {
    product(ColumnsStrided<T>{A, stride}, features, n, gradient_depth, B, width, start, G, Keep{});
}

// One row of C at a time: its own entries choose the rows of B.
template <int U, class T>
inline void sparse_row(Entries<T> a, const T* B, Index width, const T* start, T* C, bool relu) {
    Vector<T> sum[U];
    unroll<U>([&](auto u) __attribute__((always_inline)) { sum[u] = load(start + u * lanes<T>); });
    for (const Entry<T>* entry = a.begin; entry < a.end; ++entry) {
        const Vector<T> x = broadcast(entry->value);
        const T* b = B + entry->index * width;
        unroll<U>([&](auto u) __attribute__((always_inline)) { sum[u] = fma(x, load(b + u * lanes<T>), sum[u]); });
    }
    unroll<U>([&](auto u) __attribute__((always_inline)) {
        store(C + u * lanes<T>, relu ? Relu{}(sum[u], C) : sum[u]);
    });
}

template <int U, class T>
inline void sparse_strip(const Entries<T>* A, Index n, const T* B, Index width, const T* start, T* C, bool relu) {
    for (Index row = 0; row < n; ++row, C += width) sparse_row<U>(A[row], B, width, start ? start : C, C, relu);
}

template <class T>
void affine_sparse(const Entries<T>* A, Index n, const T* B, Index width, const T* start, T* C, bool relu) {
    for (Index left = width / lanes<T>, column = 0; left > 0;) {
        const T* s = start ? start + column : nullptr;
        const Index u = left < 8 ? left : 8;
        switch (u) {
            case 1: sparse_strip<1>(A, n, B + column, width, s, C + column, relu); break;
            case 2: sparse_strip<2>(A, n, B + column, width, s, C + column, relu); break;
            case 3: sparse_strip<3>(A, n, B + column, width, s, C + column, relu); break;
            case 4: sparse_strip<4>(A, n, B + column, width, s, C + column, relu); break;
            case 5: sparse_strip<5>(A, n, B + column, width, s, C + column, relu); break;
            case 6: sparse_strip<6>(A, n, B + column, width, s, C + column, relu); break;
            case 7: sparse_strip<7>(A, n, B + column, width, s, C + column, relu); break;
            default: sparse_strip<8>(A, n, B + column, width, s, C + column, relu);
        }
        left -= u, column += u * lanes<T>;
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

// ---- Softmax and cross-entropy: as many samples at once as a vector has lanes, so no sum crosses lanes. ----

template <class T> struct Samples {  // a few rows of O as K vectors
    T* O;
    Index panel_stride, first, K;
    T& at(Index i, Index k) const {
        const Index p = k / panel<T>, last = round_up(K, unit<T>) - p * panel<T>;
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

template <class T>
double cross_entropy(T* O, Index panel_stride, Index first, Index n, Index K, const std::int32_t* y, const double* w,
                     bool backward, T* scratch) {
    const Samples<T> samples{O, panel_stride, first, K};
    auto* columns = reinterpret_cast<Vector<T>*>(scratch);
    double loss = 0;
    for (Index row = 0; row < n; row += lanes<T>) {
        const Index count = n - row < lanes<T> ? n - row : lanes<T>;
        samples.gather(row, count, columns);
        const Vector<T> top = largest<T>(columns, K);
        Vector<T> truth{}, share{};
        for (Index lane = 0; lane < count; ++lane) {
            truth[lane] = columns[y[row + lane]][lane];
            share[lane] = T(w[row + lane]);
        }
        const Vector<T> sum = exponentials<T>(columns, K, top);
        const Vector<T> row_loss = logarithm<T>(sum) - (truth - top);  // (5)
        for (Index lane = 0; lane < count; ++lane) loss += w[row + lane] * double(row_loss[lane]);  // (6)
        if (!backward) continue;
        for (Index k = 0; k < K; ++k) columns[k] /= sum;  // (4)
        for (Index lane = 0; lane < count; ++lane) columns[y[row + lane]][lane] -= 1;
        for (Index k = 0; k < K; ++k) columns[k] *= share;  // (7)
        samples.scatter(row, count, columns);
    }
    return loss;
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

// ---- Entry by entry: plain loops that the compiler turns into vectors. ----

template <class T>
void update(const Update<T>& u, Index count, const T* __restrict G, T* __restrict theta, T* __restrict first,
            T* __restrict second) {
    const T eta = u.learning_rate, penalty = u.penalty;
    switch (u.rule) {
        case Rule::descent:
            for (Index i = 0; i < count; ++i) theta[i] -= eta * (G[i] + penalty * theta[i]);  // (13), (17)
            break;
        case Rule::momentum:
            for (Index i = 0; i < count; ++i) {
                first[i] = u.momentum * first[i] - eta * (G[i] + penalty * theta[i]);  // (14)
                theta[i] += first[i];
            }
            break;
        case Rule::nesterov:
            for (Index i = 0; i < count; ++i) {
                const T step = eta * (G[i] + penalty * theta[i]);
                first[i] = u.momentum * first[i] - step;
                theta[i] += u.momentum * first[i] - step;  // (15)
            }
            break;
        case Rule::adam:
            for (Index i = 0; i < count; ++i) {
                const T g = G[i] + penalty * theta[i];
                first[i] = u.beta_1 * first[i] + u.rest_1 * g;
                second[i] = u.beta_2 * second[i] + u.rest_2 * g * g;
                const T root = sizeof(T) == 4 ? T(__builtin_sqrtf(float(second[i]))) : T(__builtin_sqrt(second[i]));
                theta[i] -= eta * first[i] / (root + u.epsilon);  // (16)
            }
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
void drop(const std::uint32_t* __restrict words, std::uint32_t threshold, T scale, Index count, T* __restrict values) {
    for (Index i = 0; i < count; ++i) values[i] = words[i] >= threshold ? values[i] * scale : T(0);
}

template <class T> constexpr Kernels<T> kernels() {
    return {affine<T>,        affine_sparse<T>, output<T>,  hidden_error<T>,   gradient<T>,    gradient_strided<T>,
            sum_rows<T>,      subtract_outer<T>, cross_entropy<T>, softmax<T>, update<T>,      sum_of_squares<T>,
            standardise<T>,   random_words,     drop<T>};
}

}  // namespace
