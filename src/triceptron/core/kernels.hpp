// What the processor is asked to do: one table of block operations for each instruction set.
//
// Kernels know nothing of threads, data sets or batches; by_rows.hpp and by_units.hpp call them block by block. A
// kernel's sum runs over its terms in ascending order, one fused multiply-add each, however wide the vectors are.
#pragma once

#include <cstdint>

#include "layout.hpp"

namespace triceptron {

// One non-zero entry of a row or a column; a list of them; and lists that begin and end where the pointers say,
// `stride` pointers apart.
template <class T> struct Entry {
    std::uint32_t index;
    T value;
};
template <class T> struct Entries {
    const Entry<T>* begin;
    const Entry<T>* end;
    Index size() const { return end - begin; }
};
template <class T> struct Lists {
    const Entry<T>* const* begins;
    const Entry<T>* const* ends;
    Index stride;
    Entries<T> operator[](Index i) const { return {begins[i * stride], ends[i * stride]}; }
};

// What the logits O mean: probabilities of K classes that exclude one another, K independent probabilities, K numbers.
enum class Output { softmax, logistic, identity };

// The constants of one update, (13)-(17), in the parameters' dtype. Rule::gradient moves nothing: the gradient is
// left where a moment would be.
enum class Rule { descent, momentum, nesterov, adam, gradient };
template <class T> struct Update {
    Rule rule;
    T learning_rate;  // Adam's has the bias correction in it
    T momentum;
    T beta_1, rest_1;  // rest = 1 - beta
    T beta_2, rest_2;
    T epsilon;
    T penalty;  // alpha / sum of the batch's weights; 0 for biases
};

// Where the sums of a product begin: with 0, a number for each column (one row, added to each), a number for each
// row, or what stands in their place already. And what becomes of them.
enum class Start { zero, row, column, more };
enum class Finish { keep, relu, where_active };

// C (n, width) = start + A B, for an A that each kernel takes in its own form.
template <class T> struct Product {
    const T* B;
    Index width;  // of the rows of B and of C
    T* C;
    Start start = Start::zero;
    const T* bias = nullptr;  // for Start::row and Start::column
    Finish finish = Finish::keep;
    const T* H = nullptr;  // for Finish::where_active, lying as C does: keeps scale * C where H is positive, else 0
    T scale = 1;
};

template <class T> struct Kernels {
    // For A (n, depth) lying row by row at a stride; given by its rows; or by their non-zero entries: 0 * w + z is z, so the
    // bits are the same too. Lists know neither Start::column nor Finish::where_active.
    void (*multiply)(const T* A, Index stride, Index n, Index depth, const Product<T>& product);
    void (*multiply_rows)(const T* const* A, Index n, Index depth, const Product<T>& product);
    void (*multiply_lists)(const Lists<T>& A, Index n, const Product<T>& product);
    // C (features, width) = start + A[:, first:first+features]^T B over the n rows of A and B. (11), (8)
    void (*gradient)(const T* const* A, Index first, Index features, Index n, const Product<T>& product);
    void (*gradient_strided)(const T* A, Index stride, Index features, Index n, const Product<T>& product);
    // s (width) = sum over the n rows of A. (9), (12)
    void (*sum_rows)(const T* A, Index n, Index width, T* s);
    // G[f, :] -= shift[f] * s: the mean's part of dW1 where X is kept unshifted.
    void (*subtract_outer)(const T* shift, const T* s, Index features, Index width, T* G);
    // Rows [first, first + n) of O become dO = w (P - Y) if `backward`; returns their sum of w times the row's loss.
    // The truth is Y (n, K); for softmax y (n) where that is null. O is whole: its last panel may be narrower, and so lie elsewhere.
    // (4)-(7), (19)-(22)
    double (*loss)(Output output, T* O, Index panel_stride, Index first, Index n, Index K, const std::int32_t* y, const T* Y,
                   const double* w, bool backward, T* scratch);
    // O becomes softmax(O). (4)
    void (*softmax)(T* O, Index panel_stride, Index n, Index K, T* scratch);
    // Appends the non-zero ones of `count` numbers to a list that has room for them all, and returns its new end.
    // The first has number `first`. Pixels are multiplied by `inverse` in double precision and rounded once.
    Entry<T>* (*list)(const T* numbers, Index first, Index count, Entry<T>* end);
    Entry<T>* (*list_pixels)(const std::uint8_t* pixels, const double* inverse, Index first, Index count, Entry<T>* end);
    // For a block of samples side by side, by_rows.hpp: from n rows of X, X in rows of `width` and its transpose
    // XT (width, across). n samples take up `across` = n rounded up to the padding here and below, zeros in the place
    // of those that are not there.
    void (*pack)(const T* const* rows, Index n, Index across, Index m, Index width, T* X, T* XT);
    // As loss, for the first n columns of OT (K, across): dO is written over it and, in rows of `width`, to dO. A null
    // dO asks for the loss alone. y, w and YT (K, across), null where y is the truth, are as long, w 0 beyond n.
    double (*loss_across)(Output output, T* OT, Index n, Index across, Index K, const SameSize<T>* y, const T* YT, const double* w,
                          Index width, T* dO);
    // s (n, padding) = sums over A's (n, across) columns that are `padding` apart, on top of what s holds if `more`.
    void (*sum_across)(const T* A, Index n, Index across, bool more, T* s);
    // As random_words and drop, for HT (h, across): the samples are rows first, first + 1, ... of their batch. (18)
    void (*drop_across)(std::uint32_t key0, std::uint32_t key1, std::uint32_t first, Index h, Index across, std::uint32_t threshold,
                        T scale, T* HT);
    void (*add)(const T* from, Index count, T* to);
    // theta, and its moments, by one gradient. (13)-(17)
    void (*update)(const Update<T>& u, Index count, const T* G, T* theta, T* first, T* second);
    double (*sum_of_squares)(const T* values, Index count);
    // x = (pixels - mean) * inverse in double precision, rounded once.
    void (*standardise)(const std::uint8_t* pixels, const double* mean, const double* inverse, Index m, T* x);
    // The dropout words of one row: words[j] for counter (row, j), words[half + j] its second word. (18)
    void (*random_words)(std::uint32_t key0, std::uint32_t key1, std::uint32_t row, Index half, std::uint32_t* words);
    // values = scale * values where the word is at least the threshold, else 0. (18)
    void (*drop)(const std::uint32_t* words, std::uint32_t threshold, T scale, Index count, T* values);
};

// Where images are looked up anew: all have the same size, and the field of moves is shared among them.
struct Distortion {
    Index height, width;
    const std::int32_t* field = nullptr;  // in 1/65536 of a pixel, rows of field_width
    Index field_width = 0;
    // A row of a frame of one pixel round the image, in whole vectors.
    static Index across(Index width) { return round_up(width + 2, 16); }
};
struct DistortionRoom {
    std::uint8_t* frame;     // zeros at first: (height + 3, across + 1)
    std::uint32_t* squares;  // (height + 2, across)
};

// A table for both dtypes and one for bytes, and the name they go by.
struct InstructionSet {
    const char* name;
    Kernels<float> f32;
    Kernels<double> f64;
    // The byte at (r, c) of `to` becomes what `from` has at map (r, c, 1), moved by the field. `map` (2, 3) is in
    // 1/65536 of a pixel; `windows` (2), or null, say where the moves down and to the right begin in the field.
    void (*distort)(const Distortion& images, const std::uint8_t* from, const std::int32_t* map, const std::int64_t* windows,
                    std::uint8_t* to, const DistortionRoom& room);
    template <class T> const Kernels<T>& kernels() const {
        if constexpr (sizeof(T) == sizeof(float)) return f32;
        else return f64;
    }
};

extern const InstructionSet baseline;
#ifdef TRICEPTRON_X86
extern const InstructionSet avx2, avx512;
#endif

// The best that this machine has, or the one that the environment's TRICEPTRON_INSTRUCTION_SET names; null if
// that is unknown here.
const InstructionSet* instruction_set();

}  // namespace triceptron
