// A few threads that share out numbered tasks.
//
// A thread begins with its own share of the numbers, so that from round to round it meets the same data in its own
// cache, and then helps the others: who does which task is left to chance, and no result may depend on it. The caller
// works too and only waits for tasks that someone has begun: a thread whose core is taken away for a moment holds up
// nobody else. Waiting spins for some microseconds, because the next tasks come that soon, and then sleeps.
//
// A task that throws ends its round: tasks that nobody has begun are passed over, and `run` throws what the first one
// threw once all are out of the caller's memory. Where the system gives fewer threads than asked for, those do it all.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace triceptron {

// Where tests let tasks and hires fail, or do a crew's tasks one after the other to time each; nothing anywhere else.
#ifdef TRICEPTRON_TEST_HOOKS
bool before_round();
void before_task();
void after_round();
void before_hire();
#else
inline bool before_round() { return false; }
inline void before_task() {}
inline void after_round() {}
inline void before_hire() {}
#endif

class Pool {
public:
    explicit Pool(int threads);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    int threads() const { return threads_; }

    // work(task, worker) for each task in [0, tasks); worker in [0, threads()), and 0 is the caller. Returns when all
    // are done.
    // One caller at a time.
    template <class Work> void run(std::int64_t tasks, Work work) {
        const bool one_after_another = before_round();
        if (one_after_another || threads_ == 1 || tasks <= 1) {
            for (std::int64_t task = 0; task < tasks; ++task) before_task(), work(task, 0);
            return after_round();
        }
        share_out(tasks, [](void* context, std::int64_t task, int worker) {
            (*static_cast<Work*>(context))(task, worker);
        }, &work);
    }

private:
    using Function = void (*)(void* context, std::int64_t task, int worker);
    struct Crew;
    void share_out(std::int64_t tasks, Function function, void* context);

    int threads_;
    std::unique_ptr<Crew> crew_;  // hired with the first work there is to share
};

}  // namespace triceptron
