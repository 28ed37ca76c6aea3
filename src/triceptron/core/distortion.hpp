// Images looked up at other places: turned, stretched, sheared, moved and bent; bytes in, bytes out.
//
// data/distortions.py is the specification. All arithmetic is in whole numbers, so the bits are the same on every
// processor. Each image is a task of its own kind: nothing is summed over images, and any thread may do any of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "interruption.hpp"
#include "kernels.hpp"
#include "pool.hpp"

namespace triceptron {

// Room for one image at work: its pixels in a frame of zeros, and each square of four neighbours as one word.
class Desk {
public:
    Desk(Index height, Index width)
        : frame_((height + 3) * frame_width(width)), squares_((height + 2) * Distortion::across(width)) {}
    DistortionRoom room() const { return {frame_.data(), squares_.data()}; }
    static Index frame_width(Index width) { return Distortion::across(width) + 1; }

private:
    Buffer<std::uint8_t> frame_;
    Buffer<std::uint32_t> squares_;
};

// n images, each with its map (6) and the two places in the field where its moves begin, `windows` (2).
inline void distort(const InstructionSet& set, const Distortion& images, Index n, const std::uint8_t* X, const std::int32_t* maps,
                    const std::int64_t* windows, std::uint8_t* to, int threads, Interruption& interruption) {
    constexpr Index together = 64;  // a tenth of a millisecond
    const Index m = images.height * images.width;
    Pool pool(threads);
    std::vector<std::optional<Desk>> desks(static_cast<std::size_t>(threads));
    pool.run(ceil_div(n, together), [&](Index task, int worker) {
        if (interruption.wanted(worker)) return;
        auto& desk = desks[static_cast<std::size_t>(worker)];
        if (!desk) desk.emplace(images.height, images.width);
        for (Index i = task * together; i < std::min(n, (task + 1) * together); ++i)
            set.distort(images, X + i * m, maps + 6 * i, windows ? windows + 2 * i : nullptr, to + i * m, desk->room());
    });
}

}  // namespace triceptron
