// The core without Python, for the sanitizers: every kind of training and prediction on awkward shapes.
// Prints nothing and returns 0 if 1 and 3 threads end with the same bits everywhere.
#include <cstdio>
#include <thread>
#include <vector>

#include "predictor.hpp"
#include "training.hpp"

namespace {

using namespace triceptron;

struct Case {
    Index n, m, h, K, batch_size;
    Kind kind;
    bool sparse, centred, tested;
    Method method;
};

template <class T> struct Data {
    std::vector<T> floats;
    std::vector<std::uint8_t> pixels;
    std::vector<std::int64_t> starts;
    std::vector<std::int32_t> columns;
    std::vector<T> values, Y;
    Labelled<T> labelled;

    Data(const Case& c, Index n, std::uint32_t seed) {
        std::uint32_t counter = 0;
        const auto word = [&] { return threefry2x32(seed, 0, counter++, 0).first; };
        const auto zero = [&] { return c.sparse && word() % 8; };
        for (Index i = 0; i < n * c.m; ++i) {
            if (c.kind == Kind::pixels) pixels.push_back(static_cast<std::uint8_t>(zero() ? 0 : word() >> 24));
            else floats.push_back(zero() ? T(0) : T(word()) / T(1u << 31) - 1);
        }
        labelled.X.n = n, labelled.X.m = c.m;
        if (c.kind == Kind::compressed) compress(n, c.m);
        else if (c.kind == Kind::pixels) labelled.X.pixels = pixels.data();
        else labelled.X.floats = floats.data();
        for (Index i = 0; i < n; ++i) {
            labelled.y.push_back(static_cast<std::int32_t>(word() % static_cast<std::uint32_t>(c.K)));
            labelled.weights.push_back(1 + word() % 4);
            for (Index k = 0; k < c.K; ++k) Y.push_back(T(word() % 2));
        }
        if (c.method.output != Output::softmax) labelled.y.clear(), labelled.Y = Y.data();
    }
    void compress(Index n, Index m) {
        starts.push_back(0);
        for (Index i = 0; i < n; ++i) {
            for (Index k = 0; k < m; ++k)
                if (floats[i * m + k] != 0) {
                    columns.push_back(static_cast<std::int32_t>(k));
                    values.push_back(floats[i * m + k]);
                }
            starts.push_back(static_cast<std::int64_t>(columns.size()));
        }
        labelled.X.starts = starts.data(), labelled.X.columns = columns.data(), labelled.X.values = values.data();
    }
};

template <class T> std::vector<T> weights(Index count, std::uint32_t seed) {
    std::vector<T> values;
    for (Index i = 0; i < count; ++i)
        values.push_back((T(threefry2x32(seed, 1, static_cast<std::uint32_t>(i), 0).first) / T(1u << 31) - 1) / 4);
    return values;
}

// All the parameters after two epochs, then the predictions.
template <class T> std::vector<T> outcome(const InstructionSet& set, const Case& c, int threads) {
    const Data<T> train(c, c.n, 1), test(c, c.tested ? c.n / 2 + 1 : 0, 2);
    const std::vector<double> mean(c.m, c.centred ? 30.0 : 0.0), inverse(c.m, 1 / 255.0);
    auto W1 = weights<T>(c.m * c.h, 3), b1 = weights<T>(c.h, 4), W2 = weights<T>(c.h * c.K, 5), b2 = weights<T>(c.K, 6);
    const auto training =
        make_training(Setting<T>{set, c.m, c.h, c.K, train.labelled, test.labelled, mean, inverse, c.method, threads});
    training->read(0, {W1.data(), b1.data(), W2.data(), b2.data()});
    training->loaded();
    std::vector<std::int64_t> order;
    for (Index i = 0; i < c.n; ++i) order.push_back((i * 7 + 3) % c.n);
    const std::vector<double> rates(c.n, 0.05);
    for (int epoch = 0; epoch < 2; ++epoch)
        training->epoch(epoch ? order.data() : nullptr, c.n, c.batch_size, rates.data(), [] { return false; });
    training->write(0, {W1.data(), b1.data(), W2.data(), b2.data()});

    Predictor<T> predictor(set, c.m, c.h, c.K, mean, inverse, threads);
    predictor.layers.read({W1.data(), b1.data(), W2.data(), b2.data()});
    std::vector<T> O(c.n * c.K), P(c.n * c.K);
    std::vector<std::int64_t> y(c.n);
    predictor.logits(train.labelled.X, O.data());
    predictor.probabilities(train.labelled.X, P.data());
    predictor.classes(train.labelled.X, y.data());
    std::vector<T> all(y.begin(), y.end());
    for (const auto& part : {W1, b1, W2, b2, O, P}) all.insert(all.end(), part.begin(), part.end());
    return all;
}

std::vector<Case> cases() {
    const Index shapes[][5] = {{1, 1, 1, 2, 1},     {33, 9, 50, 10, 8},    {70, 65, 65, 3, 70},
                               {100, 17, 8, 130, 70}, {150, 300, 130, 5, 140}, {700, 1500, 16, 3, 700}};
    const Method methods[] = {{Output::softmax, Rule::descent, 0, 0, 0, 1e-8, 0, 0, 0, 1},
                              {Output::logistic, Rule::momentum, 0.9, 0, 0, 1e-8, 0.1, 0, 0.5, 2},
                              {Output::identity, Rule::nesterov, 0.9, 0, 0, 1e-8, 0, 0.2, 0, 3},
                              {Output::softmax, Rule::adam, 0, 0.9, 0.999, 1e-8, 0.1, 0.2, 0.5, 1ull << 63}};
    std::vector<Case> all;
    for (const auto& s : shapes)
        for (const Method& method : methods)
            for (int kind = 0; kind < 5; ++kind) {  // dense and sparse floats, dense and sparse pixels, compressed rows
                const Kind kept = kind == 4 ? Kind::compressed : kind >= 2 ? Kind::pixels : Kind::floats;
                const bool sparse = kind % 2 == 1 || kind == 4;
                all.push_back({s[0], s[1], s[2], s[3], s[4], kept, sparse, kind == 3, kind != 1, method});
            }
    return all;
}

template <class T> int differences(const InstructionSet& set) {
    int found = 0;
    for (const Case& c : cases())
        if (outcome<T>(set, c, 1) != outcome<T>(set, c, 3)) {
            std::printf("1 and 3 threads differ: %s, n=%td m=%td h=%td K=%td\n", set.name, c.n, c.m, c.h, c.K);
            ++found;
        }
    return found;
}

}  // namespace

int main() {
    const InstructionSet* best = instruction_set();
    int found = best ? 0 : 1;
    // Two trainings side by side, as in a pool of Python threads.
    std::thread beside([&] { outcome<float>(*best, cases()[17], 2); });
    found += differences<float>(*best) + differences<double>(*best) + differences<float>(baseline);
    beside.join();
    return found ? 1 : 0;
}
