// The core without Python: every kind of training and prediction on awkward shapes, cut either way.
//
//   driver           returns 0 if 1 and 3 threads end with the same bits everywhere, whatever the processor's modes
//                    are, and if a task or a hire that fails does not end the process.
//   driver hashes    prints a hash of the bits of each case, the same wherever there is fused multiply-add.
//   driver fuzz N    N calls of random cases; prints how many it made.
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "distortion.hpp"
#include "environment.hpp"
#include "predictor.hpp"
#include "cut.hpp"

namespace triceptron {

// What is to fail: the countdown of tasks and hires until then, and from then on all of them or just that one.
std::atomic<std::int64_t> tasks_to_go{std::numeric_limits<std::int64_t>::max()}, hires_to_go{tasks_to_go.load()};
std::atomic<bool> hires_stay_failed{false};

struct Injected : std::runtime_error {
    Injected() : std::runtime_error("injected") {}
};
void before_task() {
    if (tasks_to_go.fetch_sub(1) == 0) throw Injected();
}
bool before_round() { return false; }
void after_round() {}
void before_hire() {
    const std::int64_t left = hires_to_go.fetch_sub(1);
    if (left == 0 || (left < 0 && hires_stay_failed)) throw Injected();
}

}  // namespace triceptron

namespace {

using namespace triceptron;

struct Case {
    Index n, m, h, K, batch_size;
    Kind kind;
    bool sparse, centred, tested;
    Method method;
    bool by_rows;
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
            labelled.sample_weight.push_back(1 + word() % 4);
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
        make_training(Setting<T>{set, c.m, c.h, c.K, train.labelled, test.labelled, mean, inverse, c.method, threads},
                      c.by_rows ? Cut::rows : Cut::units);
    training->read(0, {W1.data(), b1.data(), W2.data(), b2.data()});
    training->loaded();
    std::vector<std::int64_t> order;
    for (Index i = 0; i < c.n; ++i) order.push_back((i * 7 + 3) % c.n);
    const std::vector<double> rates(c.n, 0.05);
    Interruption never([] { return false; });
    for (int epoch = 0; epoch < 2; ++epoch)
        training->epoch(epoch ? order.data() : nullptr, c.n, c.batch_size, rates.data(), never);
    training->write(0, {W1.data(), b1.data(), W2.data(), b2.data()});

    Predictor<T> predictor(set, c.m, c.h, c.K, mean, inverse, threads);
    predictor.layers.read({W1.data(), b1.data(), W2.data(), b2.data()});
    std::vector<T> O(c.n * c.K), P(c.n * c.K);
    std::vector<std::int64_t> y(c.n);
    predictor.logits(train.labelled.X, O.data(), never);
    predictor.probabilities(train.labelled.X, P.data(), never);
    predictor.classes(train.labelled.X, y.data(), never);
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
                for (const bool by_rows : {true, false})
                    all.push_back({s[0], s[1], s[2], s[3], s[4], kept, sparse, kind == 3, kind != 1, method, by_rows});
            }
    return all;
}

bool complain(const char* what, const Case& c) {
    std::printf("%s: n=%td m=%td h=%td K=%td batch_size=%td %s\n", what, c.n, c.m, c.h, c.K, c.batch_size,
                c.by_rows ? "by rows" : "by units");
    return true;
}

template <class T> bool same(const std::vector<T>& a, const std::vector<T>& b) {  // bit by bit: NaN is NaN
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

template <class T> int differences(const InstructionSet& set, std::size_t every) {
    int found = 0;
    const auto all = cases();
    for (std::size_t i = 0; i < all.size(); i += every) {
        const auto expected = outcome<T>(set, all[i], 1);
        if (!same(outcome<T>(set, all[i], 3), expected)) found += complain("1 and 3 threads differ", all[i]);
    }
    return found;
}

// Another library's modes are neither obeyed nor changed.
template <class T> int leaks(const InstructionSet& set) {
    int found = 0;
    const auto all = cases();
    for (std::size_t i = 0; i < all.size(); i += 7) {
        const auto expected = outcome<T>(set, all[i], 1);
        const StandardModes restored;
        StandardModes::set(StandardModes::flushing);
        const auto flushed = outcome<T>(set, all[i], 2);
        // x86 keeps what has happened so far in the lowest six bits.
        if (((StandardModes::get() ^ StandardModes::flushing) & ~StandardModes::Word(0x3F)) != 0) found += complain("the modes were not put back", all[i]);
        StandardModes::set(StandardModes::standard);
        if (!same(flushed, expected)) found += complain("the processor's modes change bits", all[i]);
    }
    return found;
}

// Each task of an outcome fails once, then each hire: an exception or the same bits, and never anything else.
template <class T> int falls(const InstructionSet& set) {
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    int found = 0;
    std::int64_t failures = 0;
    const auto all = cases();
    for (std::size_t i = 0; i < all.size(); i += 3) {
        const Case& c = all[i];
        if (c.n > 70) continue;
        tasks_to_go = never;
        const auto expected = outcome<T>(set, c, 3);
        const std::int64_t tasks = never - tasks_to_go.load(), step = tasks / 12 + 1;
        for (std::int64_t which = 0; which < tasks; which += step) {
            tasks_to_go = which;
            try {
                outcome<T>(set, c, 3);
                found += complain("a task's failure was lost", c);
            } catch (const Injected&) {
                ++failures;
            }
        }
        tasks_to_go = never;
        for (const bool stay : {false, true})
            for (std::int64_t which = 0; which < 6; ++which) {
                hires_stay_failed = stay, hires_to_go = which;
                if (!same(outcome<T>(set, c, 3), expected)) found += complain("a smaller crew changes bits", c);
                ++failures;
            }
        hires_stay_failed = false, hires_to_go = never;
    }
    std::printf("%lld failures survived\n", static_cast<long long>(failures));
    return found;
}

// A training whose update was cut short says so from then on.
int half_updates(const InstructionSet& set) {
    Case c = cases()[40];
    const Data<float> train(c, c.n, 1), none(c, 0, 2);
    const std::vector<double> mean(c.m, 0.0), inverse(c.m, 1.0), rates(c.n, 0.05);
    const auto W1 = weights<float>(c.m * c.h, 3), b1 = weights<float>(c.h, 4), W2 = weights<float>(c.h * c.K, 5),
               b2 = weights<float>(c.K, 6);
    int found = 0, told = 0;
    for (std::int64_t which = 0; which < 40; ++which) {
        const auto training =
            make_training(Setting<float>{set, c.m, c.h, c.K, train.labelled, none.labelled, mean, inverse, c.method, 2},
                          c.by_rows ? Cut::rows : Cut::units);
        training->read(0, {W1.data(), b1.data(), W2.data(), b2.data()});
        training->loaded();
        Interruption never([] { return false; });
        tasks_to_go = which;
        try {
            training->epoch(nullptr, c.n, c.n, rates.data(), never);
        } catch (const Injected&) {
            try {
                tasks_to_go = std::numeric_limits<std::int64_t>::max();
                training->epoch(nullptr, c.n, c.n, rates.data(), never);
            } catch (const std::runtime_error&) {
                ++told;
            }
        }
        tasks_to_go = std::numeric_limits<std::int64_t>::max();
    }
    if (told == 0) found += complain("half an update was not noticed", c);
    return found;
}

template <class T> std::uint64_t hash(const std::vector<T>& values) {  // FNV-1a
    std::uint64_t h = 14695981039346656037ull;
    const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
    for (std::size_t i = 0; i < values.size() * sizeof(T); ++i) h = (h ^ bytes[i]) * 1099511628211ull;
    return h;
}

// Images of awkward sizes, looked up at wild places.
constexpr std::uint32_t distortion_rounds = 60;
std::vector<std::uint8_t> distorted(const InstructionSet& set, std::uint32_t round, int threads) {
    std::uint32_t counter = 0;
    const auto word = [&] { return threefry2x32(9, round, counter++, 0).first; };
    Distortion images{1 + Index(word() % 40), 1 + Index(word() % 40)};
    const Index n = 1 + Index(word() % 200), m = images.height * images.width;
    images.field_width = round_up(images.width, 16) + 5;
    std::vector<std::uint8_t> X(n * m), to(n * m);
    std::vector<std::int32_t> maps(6 * n), field((images.height + 3) * images.field_width);
    std::vector<std::int64_t> windows(2 * n);
    for (auto& x : X) x = static_cast<std::uint8_t>(word());
    for (auto& x : maps) x = static_cast<std::int32_t>(word()) >> (word() % 20);
    for (auto& x : field) x = static_cast<std::int32_t>(word()) >> (word() % 20);
    for (auto& x : windows) x = static_cast<std::int64_t>(word() % (3 * images.field_width + 5)), x = word() % 2 ? x : ~x;
    images.field = field.data();
    Interruption never([] { return false; });
    distort(set, images, n, X.data(), maps.data(), windows.data(), to.data(), threads, never);
    return to;
}

// The same bytes on one thread and on three, and by the baseline's instructions.
int distortions(const InstructionSet& set) {
    int found = 0;
    for (std::uint32_t round = 0; round < distortion_rounds; ++round)
        if (distorted(set, round, 1) != distorted(round % 2 ? set : baseline, round, 3))
            std::printf("distortions differ in round %u\n", round), ++found;
    return found;
}

int print_hashes(const InstructionSet& set) {
    const auto all = cases();
    for (std::size_t i = 0; i < all.size(); ++i)
        std::printf("%zu %016llx %016llx\n", i, static_cast<unsigned long long>(hash(outcome<float>(set, all[i], 1))),
                    static_cast<unsigned long long>(hash(outcome<double>(set, all[i], 1))));
    for (std::uint32_t round = 0; round < distortion_rounds; ++round)
        std::printf("distortion %u %016llx\n", round, static_cast<unsigned long long>(hash(distorted(set, round, 1))));
    return 0;
}

// Random cases of random sizes, in either dtype, on one to four threads.
int fuzz(const InstructionSet& set, std::int64_t calls) {
    std::uint32_t counter = 0;
    const auto below = [&](std::uint32_t n) { return Index(threefry2x32(7, 7, counter++, 0).first % n); };
    int found = 0;
    constexpr std::int64_t per_outcome = 2 * 2 + 2 * 3 + 4;  // epochs, predictions, reads and writes of two trainings
    std::int64_t made = 0;
    for (; made < calls && !found; made += per_outcome) {
        const auto size = [&] { return 1 + (below(8) ? below(20) : below(150)); };
        const auto rate = [&] { return below(2) ? 0.0 : static_cast<double>(below(100)) / 100; };
        Case c{size(), size(), size(), size(), 1, static_cast<Kind>(below(3)), below(2) == 0, false, below(2) == 0,
               Method{static_cast<Output>(below(3)), static_cast<Rule>(below(4)), rate(), 0.9, 0.999, 1e-8, rate(), rate(), rate(),
                      static_cast<std::uint64_t>(below(1000))}, below(2) == 0};
        if (c.method.output == Output::softmax && c.K == 1) c.K = 2;
        c.batch_size = 1 + below(static_cast<std::uint32_t>(c.n));
        c.centred = c.kind == Kind::pixels && below(2);
        const int threads = 1 + static_cast<int>(below(4));
        const bool ok = below(2) ? same(outcome<float>(set, c, threads), outcome<float>(set, c, 1))
                                 : same(outcome<double>(set, c, threads), outcome<double>(set, c, 1));
        if (!ok) found += complain("threads differ", c);
    }
    std::printf("%lld calls\n", static_cast<long long>(made));
    return found;
}

int checks(const InstructionSet& set) {
    int found = distortions(set);
    // Two trainings side by side, as in a pool of Python threads.
    std::thread beside([&] { outcome<float>(set, cases()[34], 2); });
    found += differences<float>(set, 1) + differences<double>(set, 3);  // 3: each kind of data, either cut, in turn
    beside.join();
    if (&set != &baseline) found += differences<float>(baseline, 3);
    found += leaks<float>(set) + leaks<double>(set) + falls<float>(set) + half_updates(set);
    return found;
}

}  // namespace

int main(int count, char** arguments) {
    const InstructionSet* best = instruction_set();
    if (!best) return 1;
    const std::string_view what = count > 1 ? arguments[1] : "";
    if (what == "hashes") return print_hashes(*best);
    if (what == "fuzz") return fuzz(*best, count > 2 ? std::atoll(arguments[2]) : 1000) ? 1 : 0;
    return checks(*best) ? 1 : 0;
}
