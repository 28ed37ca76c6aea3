// Vectors of the compiler's own kind, as wide as the flags of the including file allow.
//
// Everything here and in kernels_body.hpp has internal linkage: the same templates are compiled once for every
// instruction set, and the linker must never swap one's code for another's.
#pragma once

#include <cstring>
#include <utility>

#include "layout.hpp"

#if defined(__FMA__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif
#if defined(__AVX512VL__) || defined(__aarch64__)
constexpr int registers = 32;
#else
constexpr int registers = 16;
#endif

template <class T> struct VectorOf {
    typedef T type __attribute__((vector_size(vector_bytes)));
};
template <class T> using Vector = typename VectorOf<T>::type;
template <class T> constexpr int lanes = vector_bytes / sizeof(T);
template <class T> using Integer = triceptron::SameSize<T>;

template <class T> inline Vector<T> load(const T* from) {
    Vector<T> v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}
template <class T> inline void store(T* to, Vector<T> v) { __builtin_memcpy(to, &v, sizeof v); }
// x - 0 is x, -0 and NaN too, so nothing is computed; 0 + x would be an addition and turn -0 into 0.
template <class T> inline Vector<T> broadcast(T x) { return x - Vector<T>{}; }
template <class To, class From> inline To reinterpret(From v) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    __builtin_memcpy(&to, &v, sizeof v);
    return to;
}

// a * b + c, rounded once wherever the processor can.
#if defined(__AVX512F__)
inline Vector<float> fma(Vector<float> a, Vector<float> b, Vector<float> c) { return _mm512_fmadd_ps(a, b, c); }
inline Vector<double> fma(Vector<double> a, Vector<double> b, Vector<double> c) { return _mm512_fmadd_pd(a, b, c); }
#elif defined(__FMA__)
inline Vector<float> fma(Vector<float> a, Vector<float> b, Vector<float> c) { return _mm256_fmadd_ps(a, b, c); }
inline Vector<double> fma(Vector<double> a, Vector<double> b, Vector<double> c) { return _mm256_fmadd_pd(a, b, c); }
#elif defined(__aarch64__)
inline Vector<float> fma(Vector<float> a, Vector<float> b, Vector<float> c) {
    return reinterpret<Vector<float>>(vfmaq_f32(reinterpret<float32x4_t>(c), reinterpret<float32x4_t>(a),
                                                reinterpret<float32x4_t>(b)));
}
inline Vector<double> fma(Vector<double> a, Vector<double> b, Vector<double> c) {
    return reinterpret<Vector<double>>(vfmaq_f64(reinterpret<float64x2_t>(c), reinterpret<float64x2_t>(a),
                                                 reinterpret<float64x2_t>(b)));
}
#else
template <class V> inline V fma(V a, V b, V c) { return a * b + c; }
#endif

// body(0), body(1), ... body(N - 1) written out, so that arrays indexed by the argument become registers.
template <int N, class Body> [[gnu::always_inline]] inline void unroll(Body body) {
    [&]<int... i>(std::integer_sequence<int, i...>) __attribute__((always_inline)) {
        (body(std::integral_constant<int, i>{}), ...);
    }(std::make_integer_sequence<int, N>{});
}

// The lanes of two vectors in turn: a0 b0 a1 b1 ... of their lower or upper halves.
template <bool upper, class V, int... i> inline V interleave(V a, V b, std::integer_sequence<int, i...>) {
    constexpr int n = sizeof...(i), first = upper ? n / 2 : 0;
#if defined(__has_builtin) && __has_builtin(__builtin_shufflevector)
    return __builtin_shufflevector(a, b, (first + i / 2 + (i % 2) * n)...);
#else
    return V{(i % 2 ? b : a)[first + i / 2]...};
#endif
}

// A square of lanes by lanes numbers, turned about its diagonal.
template <class T> inline void transpose(Vector<T>* square) {
    constexpr int n = lanes<T>;
    using All = std::make_integer_sequence<int, n>;
    for (int stage = 1; stage < n; stage *= 2) {
        Vector<T> next[n];
        unroll<n / 2>([&](auto r) __attribute__((always_inline)) {
            next[2 * r] = interleave<false>(square[r], square[r + n / 2], All{});
            next[2 * r + 1] = interleave<true>(square[r], square[r + n / 2], All{});
        });
        unroll<n>([&](auto r) __attribute__((always_inline)) { square[r] = next[r]; });
    }
}

// exp(x) for x <= 0 (0 where it would underflow; NaN stays NaN): x = n ln 2 + r, exp(r) by its Taylor series.
template <class T> inline Vector<T> exponential(Vector<T> x) {
    constexpr bool single = sizeof(T) == 4;
    constexpr int mantissa = single ? 23 : 52, bias = single ? 127 : 1023, degree = single ? 7 : 13;
    constexpr T log2e = T(1.4426950408889634074), lowest = single ? T(-87) : T(-708);
    constexpr T ln2_high = single ? T(0x1.62ep-1) : T(0x1.62e42fefa38p-1);  // so few bits that n * ln2_high is exact
    constexpr T ln2_low = single ? T(0x1.0bfbe8e7bcd5ep-15) : T(0x1.ef35793c7673p-45);
    constexpr T magic = single ? T(0x1.8p23) : T(0x1.8p52);  // adding it rounds to a whole number, kept in low bits
    const Vector<T> shifted = fma(x, broadcast(log2e), broadcast(magic));
    const Vector<T> n = shifted - magic;
    const Vector<T> r = fma(n, broadcast(-ln2_low), fma(n, broadcast(-ln2_high), x));
    constexpr auto factorial = [](int k) {
        double product = 1;
        for (int i = 2; i <= k; ++i) product *= i;
        return product;
    };
    Vector<T> sum = broadcast(T(1 / factorial(degree)));
    unroll<degree>([&](auto i) __attribute__((always_inline)) {
        constexpr T coefficient = T(1 / factorial(degree - 1 - i));
        sum = fma(sum, r, broadcast(coefficient));
    });
    using Bits = Vector<Integer<T>>;
    const Bits power = (reinterpret<Bits>(shifted) + bias) << mantissa;  // 2^n: the magic's own bits fall off the top
    const Vector<T> value = sum * reinterpret<Vector<T>>(power);
    return x < broadcast(lowest) ? Vector<T>{} : value;
}

// log(x) for normal x >= 1: x = 2^n y with y around 1, log(y) = 2 artanh((y - 1) / (y + 1)) by its series.
template <class T> inline Vector<T> logarithm(Vector<T> x) {
    constexpr bool single = sizeof(T) == 4;
    constexpr int mantissa = single ? 23 : 52, bias = single ? 127 : 1023, terms = single ? 5 : 11;
    constexpr T ln2_high = single ? T(0x1.62ep-1) : T(0x1.62e42fefa38p-1);
    constexpr T ln2_low = single ? T(0x1.0bfbe8e7bcd5ep-15) : T(0x1.ef35793c7673p-45);
    using Bits = Vector<Integer<T>>;
    const Bits bits = reinterpret<Bits>(x);
    Bits exponent = (bits >> mantissa) - bias;
    const Bits one = Bits{} + (Integer<T>(bias) << mantissa), fraction = Bits{} + ((Integer<T>(1) << mantissa) - 1);
    Vector<T> y = reinterpret<Vector<T>>((bits & fraction) | one);
    const auto large = y > broadcast(T(1.41421356237309504880));
    y = large ? y * T(0.5) : y;
    exponent = exponent - reinterpret<Bits>(large);  // a true lane is -1
    const Vector<T> n = __builtin_convertvector(exponent, Vector<T>);
    const Vector<T> s = (y - T(1)) / (y + T(1)), square = s * s;
    Vector<T> sum = broadcast(T(1.0 / (2 * terms + 1)));
    unroll<terms>([&](auto i) __attribute__((always_inline)) {
        constexpr T coefficient = T(1.0 / (2 * (terms - 1 - i) + 1));
        sum = fma(sum, square, broadcast(coefficient));
    });
    const Vector<T> value = fma(n, broadcast(ln2_high), fma(n, broadcast(ln2_low), s * T(2) * sum));
    return x != x ? x : value;
}

}  // namespace
