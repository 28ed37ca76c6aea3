// A training: what one update does, and in which order. steps.py says the same in formulas.
//
// There are two ways to cut the work among threads, and shape and kind of data alone decide between them:
// by_rows.hpp   stripes of rows, each with a gradient of its own that are summed in a fixed order (small W1);
// by_units.hpp  all rows of a chunk for every thread, which owns tiles of W1, W2 and their gradients (large W1).
// Either way no two tasks add to the same number, so nothing depends on how many threads there are.
#pragma once

#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

#include "environment.hpp"
#include "forward.hpp"
#include "interruption.hpp"
#include "pool.hpp"

namespace triceptron {

// A solver's constants and the penalties, as solvers.py names them.
struct Method {
    Output output = Output::softmax;
    Rule rule = Rule::descent;
    double momentum = 0, beta_1 = 0, beta_2 = 0, epsilon = 0;
    double alpha = 0;
    double input_dropout = 0, hidden_dropout = 0;
    std::uint64_t dropout_seed = 0;

    int moments() const { return rule == Rule::descent ? 0 : rule == Rule::adam ? 2 : 1; }
};

// Samples with their truth, Y (n, K), or labels y for softmax where that is null; sample_weight may be empty.
template <class T> struct Labelled {
    Source<T> X;
    std::vector<std::int32_t> y;
    const T* Y = nullptr;  // someone else's memory
    std::vector<double> sample_weight;
};

struct Losses {
    double train, test;
};

// What a training is made of, whichever way it cuts its work.
template <class T> struct Setting {
    const InstructionSet& set;
    Index m, h, K;
    Labelled<T> train, test;
    std::vector<double> mean, inverse;
    Method method;
    int threads;
};

template <class T> class Training {
public:
    Training(Setting<T> setting, bool sparse)
        : m(setting.m), h(setting.h), K(setting.K), kernels_(setting.set.template kernels<T>()), method_(setting.method),
          train_(std::move(setting.train)), test_(std::move(setting.test)), mean_(std::move(setting.mean)),
          inverse_(std::move(setting.inverse)), pool_(setting.threads), hidden_dropout_(method_.hidden_dropout) {
        if (train_.X.pixels) entrance_.mean = mean_.data(), entrance_.inverse = inverse_.data();
        entrance_.sparse = sparse;
        entrance_.dropout = Dropout<T>(method_.input_dropout);
    }
    virtual ~Training() = default;

    const Index m, h, K;
    std::uint64_t step = 0;

    // From C order and to it: set 0 is the parameters, set i > 0 the solver's moment i - 1. loaded() when all are in.
    virtual void read(int set, const Plain<const T>& from) = 0;
    virtual void write(int set, const Plain<T>& to) const = 0;
    virtual void loaded() = 0;
    int sets() const { return 1 + method_.moments(); }
    // To be called when other numbers stand in X.
    virtual void renewed() {}

    // One pass over the samples in `order` (as they lie where null), an update for each `batch_size` of them. The
    // held-out loss is from before the update where there is one, and from after the last where there are several.
    // If `interruption` says so, the epoch ends after the last whole update and there is no result.
    std::optional<Losses> epoch(const std::int64_t* order, Index n, Index batch_size, const double* learning_rates,
                                Interruption& interruption) {
        if (half_updated_) throw std::runtime_error("an earlier error ended this training within an update: start another");
        const StandardModes modes;
        double total = 0, total_weight = 0, test_loss = std::numeric_limits<double>::quiet_NaN();
        make_room(std::min(batch_size, n));
        const bool several = batch_size < n;
        double* tested = test_.X.n > 0 && !several ? &test_loss : nullptr;
        for (Index first = 0; first < n; first += batch_size) {
            const Batch batch{order, first, std::min(batch_size, n - first)};
            const double weight = weigh(batch);
            if (weight > 0) {
                const auto loss = update(batch, weight, *learning_rates, tested, interruption);
                if (!loss) return std::nullopt;
                total += *loss * weight, total_weight += weight;
            } else if (tested) {
                *tested = held_out(interruption);
                if (interruption.given_up()) return std::nullopt;
            }
            ++step, ++learning_rates;
            if (first + batch_size < n && interruption.wanted(0)) return std::nullopt;
        }
        if (test_.X.n > 0 && several) test_loss = held_out(interruption);
        if (interruption.given_up()) return std::nullopt;
        // A single batch's loss is returned untouched by the weighing.
        return Losses{!several && total_weight > 0 ? last_loss_ : total / total_weight, test_loss};
    }

protected:
    struct Batch {
        const std::int64_t* order;
        Index first, n;
        Index row(Index i) const { return order ? static_cast<Index>(order[first + i]) : first + i; }
    };
    // For batches of n rows.
    virtual void make_room(Index n) = 0;
    // One update. Returns the batch's loss before it, or nothing if it was stopped; writes the held-out loss
    // before it where `test_loss` says.
    virtual std::optional<double> update(const Batch& batch, double weight, double learning_rate, double* test_loss,
                                         Interruption& interruption) = 0;
    virtual double held_out(Interruption& interruption) = 0;
    // Shares out the tasks that write parameters. An error among them leaves nothing to go on from.
    template <class Work> void change(Index tasks, Work work) {
        half_updated_ = true;
        pool_.run(tasks, work);
        half_updated_ = false;
    }

    Kind kind() const { return train_.X.kind(); }
    // The held-out part enters as the training part does, but loses no inputs.
    Entrance<T> held_out_entrance() const {
        Entrance<T> entrance = entrance_;
        entrance.dropout = Dropout<T>();
        return entrance;
    }
    double weight_of(Index row) const { return train_.sample_weight.empty() ? 1 : train_.sample_weight[row]; }

    Update<T> update_constants(double weight, double learning_rate) const {
        if (method_.rule == Rule::adam)
            learning_rate *= std::sqrt(1 - power(method_.beta_2, step + 1)) / (1 - power(method_.beta_1, step + 1));
        return {method_.rule, T(learning_rate), T(method_.momentum), T(method_.beta_1), T(1 - method_.beta_1),
                T(method_.beta_2), T(1 - method_.beta_2), T(method_.epsilon), T(method_.alpha / weight)};
    }

    void start_dropout() {
        entrance_.dropout.start(method_.dropout_seed, step, 0);
        hidden_dropout_.start(method_.dropout_seed, step, 1);
    }

    const Kernels<T>& kernels_;
    const Method method_;
    const Labelled<T> train_, test_;
    const std::vector<double> mean_, inverse_;
    Entrance<T> entrance_;
    Pool pool_;
    Dropout<T> hidden_dropout_;
    double last_loss_ = 0;

private:
    // By squaring: the library's own pow differs from system to system.
    static double power(double base, std::uint64_t exponent) {
        double result = 1;
        for (; exponent > 0; exponent /= 2, base *= base)
            if (exponent % 2) result *= base;
        return result;
    }
    double weigh(const Batch& batch) const {
        if (train_.sample_weight.empty()) return static_cast<double>(batch.n);
        double sum = 0;
        for (Index i = 0; i < batch.n; ++i) sum += train_.sample_weight[batch.row(i)];
        return sum;
    }

    bool half_updated_ = false;
};

}  // namespace triceptron
