// Work that takes long and can be given up.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <utility>

namespace triceptron {

// Tasks ask `wanted` when they begin and do nothing if it says yes; whoever shared them out asks `given_up` after
// that. Only the thread that called the core, which is worker 0 in every pool, passes the question on, about every
// tenth of a second: Python hands its signals to no other.
class Interruption {
public:
    explicit Interruption(std::function<bool()> asks) : asks_(std::move(asks)) {}

    bool wanted(int worker) {
        if (worker == 0 && !given_up()) {
            const auto now = std::chrono::steady_clock::now();
            if (now - asked_ >= std::chrono::milliseconds(100)) {
                asked_ = now;
                if (asks_()) given_up_.store(true, std::memory_order_relaxed);
            }
        }
        return given_up();
    }
    bool given_up() const { return given_up_.load(std::memory_order_relaxed); }

private:
    std::function<bool()> asks_;
    std::chrono::steady_clock::time_point asked_ = std::chrono::steady_clock::now();
    std::atomic<bool> given_up_{false};
};

}  // namespace triceptron
