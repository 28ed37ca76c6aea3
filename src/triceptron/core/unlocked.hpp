// Work without the interpreter lock, which ends in good time when the interpreter does: a thread that came back to an
// interpreter that is no more would end the process with an abort.
#pragma once

#include <nanobind/nanobind.h>

#include <atomic>
#include <chrono>
#include <thread>

#ifndef _WIN32
#include <pthread.h>
#endif

namespace triceptron {

class Unlocked {
public:
    Unlocked() {
        if (leave()) {
            PyErr_SetNone(PyExc_SystemExit);  // ends a thread without a word
            throw nanobind::python_error();
        }
        running().fetch_add(1);
        thread_ = PyEval_SaveThread();
    }
    ~Unlocked() {
        PyEval_RestoreThread(thread_);
        running().fetch_sub(1);
    }
    Unlocked(const Unlocked&) = delete;
    Unlocked& operator=(const Unlocked&) = delete;

    // Whether this thread is to break off its work: the interpreter waits for it.
    static bool leave() {
        const std::thread::id leaver = leaving().load();
        return leaver != std::thread::id() && leaver != std::this_thread::get_id();
    }

    // At the interpreter's exit: lets no other thread begin any more work, and waits for what has begun.
    static void wait_for_all() {
        leaving().store(std::this_thread::get_id());
        while (running().load() > 0) {
            nanobind::gil_scoped_release others;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

    // To be called once: a fork takes none of the other threads along.
    static void watch_forks() {
#ifndef _WIN32
        pthread_atfork(nullptr, nullptr, [] { running().store(0); });
#endif
    }

private:
    static std::atomic<std::thread::id>& leaving() {  // the thread that ends the interpreter
        static std::atomic<std::thread::id> value{};
        return value;
    }
    static std::atomic<int>& running() {
        static std::atomic<int> value{0};
        return value;
    }

    PyThreadState* thread_;
};

}  // namespace triceptron
