// A trained network that answers: logits, probabilities, classes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "environment.hpp"
#include "forward.hpp"
#include "interruption.hpp"
#include "pool.hpp"

namespace triceptron {

template <class T> class Predictor {
public:
    Predictor(const InstructionSet& set, Index m, Index h, Index K, std::vector<double> mean,
              std::vector<double> inverse, int threads)
        : layers(m, h, K), kernels_(set.kernels<T>()), mean_(std::move(mean)), inverse_(std::move(inverse)), pool_(threads) {
        centred_ = centred(mean_);
    }

    Layers<T> layers;

    // What is left when `interruption` says so is not computed.
    void logits(const Source<T>& X, T* O, Interruption& interruption) const {
        each_block(X, interruption, [&](const ForwardBlock<T>& block, Index first, Index n) { copy(block, n, O + first * layers.K); });
    }
    void probabilities(const Source<T>& X, T* P, Interruption& interruption) const {
        each_block(X, interruption, [&](const ForwardBlock<T>& block, Index first, Index n) {
            kernels_.softmax(block.O.data(), panel<T> * block.O.rows(), n, layers.K, block.scratch.data());  // (4)
            copy(block, n, P + first * layers.K);
        });
    }
    void classes(const Source<T>& X, std::int64_t* y, Interruption& interruption) const {
        each_block(X, interruption, [&](const ForwardBlock<T>& block, Index first, Index n) {
            std::vector<T> row(layers.K);
            for (Index i = 0; i < n; ++i) {
                copy_row(block, i, row.data());
                y[first + i] = std::max_element(row.begin(), row.end()) - row.begin();
            }
        });
    }

private:
    static constexpr Index block_rows = 64;        // H of a block stays in cache, and a thousand rows are 16 tasks
    static constexpr double worth_sharing = 3e5;   // operations; less is done before a thread has woken up

    template <class Visit> void each_block(const Source<T>& X, Interruption& interruption, Visit visit) const {
        const StandardModes modes;
        Entrance<T> entrance;
        entrance.mean = mean_.data(), entrance.inverse = inverse_.data();
        // Without a mean to subtract, skipping zeros changes no bit, so each call may decide for itself.
        const bool may_skip = !(X.pixels && centred_);
        entrance.sparse = X.kind() == Kind::compressed ||
                          (may_skip && layers.h >= padding<T> && X.density(8) < sparse_density);
        const Index rows = std::min(block_rows, X.n), tasks = ceil_div(X.n, rows);
        std::vector<std::optional<ForwardBlock<T>>> blocks(pool_.threads());
        const auto work = [&](Index b, int worker) {
            if (interruption.wanted(worker)) return;
            auto& block = blocks[worker];
            if (!block) block.emplace(rows, layers, entrance, X.kind());
            const Index first = b * rows, n = std::min(rows, X.n - first);
            forward(kernels_, layers, layers.b1, X, entrance, first, n, *block);
            visit(*block, first, n);
        };
        const std::unique_lock alone(pool_in_use_, std::try_to_lock);  // whoever finds the pool busy works alone
        if (!alone || static_cast<double>(X.n) * layers.m * layers.h < worth_sharing) {
            for (Index b = 0; b < tasks; ++b) work(b, 0);
        } else if (tasks > 1) {
            pool_.run(tasks, work);
        } else {  // a few rows: each thread reads its own part of W1
            ForwardBlock<T> block(rows, layers, entrance, X.kind());
            forward(kernels_, layers, layers.b1, X, entrance, 0, X.n, block, &pool_);
            visit(block, 0, X.n);
        }
    }

    void copy_row(const ForwardBlock<T>& block, Index i, T* row) const {
        for (Index q = 0; q < block.O.count(); ++q)
            std::copy_n(block.O.at(q, i), layers.classes(q), row + q * panel<T>);
    }
    void copy(const ForwardBlock<T>& block, Index n, T* rows) const {
        for (Index i = 0; i < n; ++i) copy_row(block, i, rows + i * layers.K);
    }

    const Kernels<T>& kernels_;
    std::vector<double> mean_, inverse_;
    bool centred_ = false;
    mutable std::mutex pool_in_use_;
    mutable Pool pool_;
};

}  // namespace triceptron
