// How a training would share its work among more threads than this machine has.
//
// An epoch is cut for a crew of that size, but its tasks are done one after the other, and each is timed. What the crew
// would take is worked out from that: the time between rounds, and for each round that of the busiest thread, where
// every thread takes the next task as it comes free. Memory and caches that threads share are left out of it.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <vector>

#include "cut.hpp"

namespace {

double between = 0;                       // seconds in which the caller works alone
std::vector<std::vector<double>> rounds;  // seconds of each task
double last = 0;
bool in_task = false;

double lap() {  // processor time: what other programs take of this machine does not count
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    const double now = static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec), seconds = now - last;
    last = now;
    return seconds;
}

}  // namespace

namespace triceptron {

bool before_round() {
    between += lap();
    rounds.emplace_back();
    return true;
}
void before_task() {
    const double seconds = lap();
    if (in_task) rounds.back().push_back(seconds);
    in_task = true;
}
void after_round() {
    if (in_task) rounds.back().push_back(lap());
    in_task = false;
}
void before_hire() {}

}  // namespace triceptron

namespace {

using namespace triceptron;

struct Case {
    const char* name;
    Index n, m, h, K, batch_size;
    double filled;  // share of pixels that are not 0; 1 for floats
};

double of_busiest(const std::vector<double>& tasks, int threads) {
    std::vector<double> busy(static_cast<std::size_t>(threads));
    for (double seconds : tasks) *std::min_element(busy.begin(), busy.end()) += seconds;
    return *std::max_element(busy.begin(), busy.end());
}

void simulate(const InstructionSet& set, const Case& c, int threads) {
    std::uint32_t counter = 0;
    const auto chance = [&] { return threefry2x32(1, 2, counter++, 0).first / 4294967296.0; };
    std::vector<std::uint8_t> pixels;
    std::vector<float> floats;
    Labelled<float> train, none;
    const auto size = static_cast<std::size_t>(c.n * c.m);
    if (c.filled < 1) {
        for (std::size_t i = 0; i < size; ++i) pixels.push_back(chance() < c.filled ? 200 : 0);
        train.X.pixels = pixels.data();
    } else {
        for (std::size_t i = 0; i < size; ++i) floats.push_back(static_cast<float>(chance() - 0.5));
        train.X.floats = floats.data();
    }
    train.X.n = c.n, train.X.m = none.X.m = c.m;
    for (Index i = 0; i < c.n; ++i) train.y.push_back(static_cast<std::int32_t>(chance() * static_cast<double>(c.K)));
    const Method method{Output::softmax, Rule::nesterov, 0.9, 0, 0, 1e-8, 0, 0, 0, 1};
    const std::vector<double> mean(c.m, 0.0), inverse(c.m, 1 / 255.0), rates(c.n, 1e-4);
    const auto training = make_training(Setting<float>{set, c.m, c.h, c.K, train, none, mean, inverse, method, threads});
    const std::vector<float> W1(c.m * c.h, 0.01f), b1(c.h, 0.0f), W2(c.h * c.K, 0.01f), b2(c.K, 0.0f);
    for (int set_number = 0; set_number < 2; ++set_number) training->read(set_number, {W1.data(), b1.data(), W2.data(), b2.data()});
    training->loaded();
    Interruption never([] { return false; });
    training->epoch(nullptr, c.n, c.batch_size, rates.data(), never);  // room is made, data are packed
    lap();
    between = 0, rounds.clear();
    training->epoch(nullptr, c.n, c.batch_size, rates.data(), never);
    between += lap();

    double all = between, chain = between;
    std::size_t most = 0;
    for (const auto& tasks : rounds) {
        all += std::accumulate(tasks.begin(), tasks.end(), 0.0);
        chain += of_busiest(tasks, threads);
        most = std::max(most, tasks.size());
    }
    std::printf("%-34s %3d threads: at most %3zu tasks a round, longest chain %4.1f %% of the work: %4.1f times as fast\n",
                c.name, threads, most, 100 * chain / all, all / chain);
}

}  // namespace

int main() {
    const Case cases[] = {{"64-50-10, full batch", 1078, 64, 50, 10, 1078, 1},
                          {"784-50-10, full batch", 25200, 784, 50, 10, 25200, 1},
                          {"784-100-10, batches of 200", 6000, 784, 100, 10, 200, 0.19},
                          {"784-800-10, batches of 128", 2560, 784, 800, 10, 128, 0.19},
                          {"784-800-10, batches of 128, dense", 1280, 784, 800, 10, 128, 1}};
    for (const Case& c : cases)
        for (int threads : {2, 4, 16, 64}) simulate(*instruction_set(), c, threads);
}
