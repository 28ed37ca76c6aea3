// One image distorted. Included once by each kernels_*.cpp, as kernels_body.hpp is.
#pragma once

#include "kernels.hpp"
#include "vector.hpp"

namespace {

using namespace triceptron;

// Between the pixels, in 128ths: the square's two columns first (both rows at once, a half of the word each), then
// its rows. 255 * 128 fits in 16 bits.
inline Vector<std::uint32_t> between(Vector<std::uint32_t> square, Vector<std::uint32_t> down, Vector<std::uint32_t> right) {
    const Vector<std::uint32_t> left_column = square & 0x00FF00FFu, right_column = (square >> 8) & 0x00FF00FFu;
    const Vector<std::uint32_t> rows = left_column * (128 - right) + right_column * right;
    return ((rows & 0xFFFFu) * (128 - down) + (rows >> 16) * down + (1u << 13)) >> 14;
}

void distort(const Distortion& images, const std::uint8_t* from, const std::int32_t* map, const std::int64_t* windows,
             std::uint8_t* to, const DistortionRoom& room) {
    using Words = Vector<std::uint32_t>;  // wrap around where numbers are absurd: what is looked up is clamped after
    using Signed = Vector<std::int32_t>;
    constexpr Index step = lanes<std::int32_t>;
    const Index height = images.height, width = images.width, across = Distortion::across(width), stride = across + 1;

    for (Index r = 0; r < height; ++r)
        __builtin_memcpy(room.frame + (r + 1) * stride + 1, from + r * width, static_cast<std::size_t>(width));
    for (Index r = 0; r < height + 2; ++r) {
        const std::uint8_t* __restrict top = room.frame + r * stride;
        const std::uint8_t* __restrict bottom = top + stride;
        std::uint32_t* __restrict squares = room.squares + r * across;
        for (Index c = 0; c < across; ++c)
            squares[c] = top[c] | std::uint32_t(top[c + 1]) << 8 | std::uint32_t(bottom[c]) << 16 | std::uint32_t(bottom[c + 1]) << 24;
    }

    Words columns;
    for (Index i = 0; i < step; ++i) columns[i] = static_cast<std::uint32_t>(i);
    const auto word = [](auto x) { return broadcast(static_cast<std::uint32_t>(x)); };
    // A window that begins at ~w is the window at w with its moves turned round: ~x + 1 = -x.
    const std::int32_t* moves[2] = {};
    std::uint32_t turned[2] = {};
    for (int axis = 0; windows && axis < 2; ++axis) {
        turned[axis] = windows[axis] < 0 ? ~0u : 0u;
        moves[axis] = images.field + (windows[axis] < 0 ? ~windows[axis] : windows[axis]);
    }
    const auto place = [&](int axis, Index r, Index c, Words column, Index length) {
        const std::int32_t* m = map + 3 * axis;
        const std::uint32_t row = static_cast<std::uint32_t>(m[0]) * static_cast<std::uint32_t>(r) + static_cast<std::uint32_t>(m[2]) + 256u;
        Words at = word(row) + word(m[1]) * column;
        if (windows) {
            const Words turn = word(turned[axis]);
            at += (reinterpret<Words>(load(moves[axis] + r * images.field_width + c)) ^ turn) - turn;
        }
        const Signed least = broadcast(std::int32_t(-65536)), most = broadcast(static_cast<std::int32_t>(length << 16));
        Signed clamped = reinterpret<Signed>(at);
        clamped = clamped < least ? least : clamped;
        return clamped > most ? most : clamped;
    };
    for (Index r = 0; r < height; ++r) {
        for (Index c = 0; c < width; c += step) {
            const Words column = columns + word(c);
            const Signed y = place(0, r, c, column, height), x = place(1, r, c, column, width);
            std::uint32_t squares[step];
            const Signed index = ((y >> 16) + 1) * static_cast<std::int32_t>(across) + (x >> 16) + 1;
            unroll<static_cast<int>(step)>([&](auto i) __attribute__((always_inline)) { squares[i] = room.squares[index[int(i)]]; });
            const Words pixels = between(load(squares), reinterpret<Words>(y >> 9) & 127u, reinterpret<Words>(x >> 9) & 127u);
            const Index left = width - c < step ? width - c : step;
            std::uint32_t row[step];
            store(row, pixels);
            if (left == step)
                for (Index i = 0; i < step; ++i) to[r * width + c + i] = static_cast<std::uint8_t>(row[i]);
            else
                for (Index i = 0; i < left; ++i) to[r * width + c + i] = static_cast<std::uint8_t>(row[i]);
        }
    }
}

}  // namespace
