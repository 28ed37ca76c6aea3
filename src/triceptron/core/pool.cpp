#include "pool.hpp"

#include <chrono>
#include <utility>

#include "environment.hpp"

#ifndef _WIN32
#include <pthread.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace triceptron {

namespace {

// How often this process is a fork of a fork: threads do not come along into a child.
std::atomic<int> forks{0};
#ifndef _WIN32
[[maybe_unused]] const int watches_forks = pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });
#endif

void pause() {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

// True as soon as `done()` is, false if it was not within the time that a busy training leaves between tasks.
template <class Done> bool spin(Done done) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + std::chrono::microseconds(50);
    do {
        for (int i = 0; i < 32; ++i) {
            if (done()) return true;
            pause();
        }
    } while (Clock::now() < deadline);
    return done();
}

}  // namespace

// A round of work. Each thread has a share of the tasks, one range after another, with a ticket of its own: round
// number in the high half, next task in the low half. A thread takes a task by raising the low half, which fails if
// the round has passed in the meantime.
struct Pool::Crew {
    static constexpr int round_shift = 32;
    struct alignas(64) Share {
        std::atomic<std::uint64_t> ticket{0};
    };

    const int born = forks.load();
    std::int64_t size = 1;  // threads, the caller among them
    std::vector<Share> shares;
    alignas(64) std::atomic<std::uint64_t> round{0};
    std::atomic<std::int64_t> tasks{0};
    std::atomic<Function> function{nullptr};
    std::atomic<void*> context{nullptr};
    alignas(64) std::atomic<std::int64_t> unfinished{0};
    std::atomic<bool> failed{false};
    std::exception_ptr failure;  // of the round; belongs to the one who set `failed`

    std::mutex mutex;
    std::condition_variable wake, finished;
    std::atomic<int> asleep{0};
    std::atomic<bool> caller_asleep{false}, closed{false};
    std::vector<std::thread> threads;

    explicit Crew(int workers) : shares(static_cast<std::size_t>(workers) + 1) {
        threads.reserve(static_cast<std::size_t>(workers));
        try {
            for (int worker = 1; worker <= workers; ++worker) {
                before_hire();
                threads.emplace_back([this, worker] { live(worker); });
            }
        } catch (...) {  // the system has no more to give
        }
        size = static_cast<std::int64_t>(threads.size()) + 1;  // nobody reads it before the first round
    }

    void close() {
        {
            std::lock_guard lock(mutex);
            closed.store(true);
        }
        wake.notify_all();
        for (std::thread& thread : threads) thread.join();
    }

    void live(int worker) {
        const StandardModes modes;
        std::uint64_t seen = 0;
        const auto news = [&] { return closed.load() || round.load() != seen; };
        for (;;) {
            if (!spin(news)) {
                std::unique_lock lock(mutex);
                asleep.fetch_add(1);
                wake.wait(lock, news);
                asleep.fetch_sub(1);
            }
            if (closed.load()) return;
            seen = round.load();
            work(worker, seen);
        }
    }

    // First the thread's own share, then what others have not come to.
    void work(int worker, std::uint64_t now) {
        const Function call = function.load();
        void* const with = context.load();
        const std::int64_t count = tasks.load();
        for (std::int64_t turn = 0; turn < size; ++turn) {
            const std::int64_t share = (worker + turn) % size;
            const std::int64_t first = share * count / size, length = (share + 1) * count / size - first;
            std::atomic<std::uint64_t>& ticket = shares[static_cast<std::size_t>(share)].ticket;
            std::uint64_t mine = ticket.load();
            while (mine >> round_shift == now) {
                const auto task = static_cast<std::int64_t>(mine & 0xFFFFFFFFu);
                if (task >= length) break;
                if (!ticket.compare_exchange_weak(mine, mine + 1)) continue;
                if (!failed.load()) {
                    try {
                        before_task();
                        call(with, first + task, worker);
                    } catch (...) {
                        if (!failed.exchange(true)) failure = std::current_exception();
                    }
                }
                if (unfinished.fetch_sub(1) == 1 && caller_asleep.load()) {
                    std::lock_guard lock(mutex);
                    finished.notify_one();
                }
                mine = ticket.load();
            }
        }
    }

    void share_out(std::int64_t count, Function call, void* with) {
        // First no tickets at all, so that nobody acts upon a mixture of the old work and the new.
        const std::uint64_t next = (round.load() + 1) & 0xFFFFFFFFu;
        for (Share& share : shares) share.ticket.store(next << round_shift | 0xFFFFFFFFu);
        tasks.store(count);
        function.store(call);
        context.store(with);
        unfinished.store(count);
        for (Share& share : shares) share.ticket.store(next << round_shift);
        round.store(next);
        if (asleep.load() > 0) {
            std::lock_guard lock(mutex);
            wake.notify_all();
        }
        work(0, next);
        await();
        if (failed.exchange(false)) std::rethrow_exception(std::exchange(failure, nullptr));
    }

    void await() {
        const auto done = [&] { return unfinished.load() == 0; };
        if (spin(done)) return;
        std::unique_lock lock(mutex);
        caller_asleep.store(true);
        finished.wait(lock, done);
        caller_asleep.store(false);
    }
};

Pool::Pool(int threads) : threads_(threads) {}

Pool::~Pool() {
    if (!crew_) return;
    if (crew_->born == forks.load()) crew_->close();
    else static_cast<void>(crew_.release());  // the parent's threads: not here to be joined
}

void Pool::share_out(std::int64_t tasks, Function function, void* context) {
    if (crew_ && crew_->born != forks.load()) static_cast<void>(crew_.release());
    if (!crew_) crew_ = std::make_unique<Crew>(threads_ - 1);
    crew_->share_out(tasks, function, context);
}

}  // namespace triceptron
