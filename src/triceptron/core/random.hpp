// Random numbers from a counter: the same words as dropout.py, in any order, on any thread. (18)
#pragma once

#include <cstdint>

namespace triceptron {

struct Threefry {
    std::uint32_t first, second;
};

// Threefry-2x32, 20 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011).
// Inlined always: a copy of it compiled for one instruction set must not be called from another.
[[gnu::always_inline]] inline Threefry threefry2x32(std::uint32_t key0, std::uint32_t key1, std::uint32_t counter0,
                                                    std::uint32_t counter1) {
    constexpr int rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
    const std::uint32_t schedule[3] = {key0, key1, key0 ^ key1 ^ 0x1BD11BDAu};
    std::uint32_t x0 = counter0 + key0, x1 = counter1 + key1;
#pragma GCC unroll 5
    for (std::uint32_t group = 0; group < 5; ++group) {
#pragma GCC unroll 4
        for (int round = 0; round < 4; ++round) {
            const int rotation = rotations[group % 2][round];
            x0 += x1;
            x1 = x0 ^ (x1 << rotation | x1 >> (32 - rotation));
        }
        x0 += schedule[(group + 1) % 3];
        x1 += schedule[(group + 2) % 3] + group + 1;
    }
    return {x0, x1};
}

}  // namespace triceptron
