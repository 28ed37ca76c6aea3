// The processor's modes: how it rounds, and what it does with numbers below the smallest normal one.
//
// A thread inherits them from whoever made it, and other libraries change them (a whole process may flush small
// numbers to zero). Bits would depend on that, so the core computes in the modes that IEEE 754 begins with and
// leaves behind what it found.
#pragma once

#include <cstdint>

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace triceptron {

class StandardModes {
public:
    StandardModes() : found_(get()) { set(standard); }
    ~StandardModes() { set(found_); }
    StandardModes(const StandardModes&) = delete;
    StandardModes& operator=(const StandardModes&) = delete;

#if defined(__SSE2__)
    using Word = unsigned;
    static constexpr Word standard = 0x1F80;         // to the nearest, small numbers kept, no traps
    static constexpr Word flushing = 0x1F80 | 0x8040;  // for tests
    static Word get() { return _mm_getcsr(); }
    static void set(Word word) { _mm_setcsr(word); }
#elif defined(__aarch64__)
    using Word = std::uint64_t;
    static constexpr Word standard = 0;
    static constexpr Word flushing = Word(1) << 24;
    static Word get() {
        Word word;
        asm volatile("mrs %0, fpcr" : "=r"(word));
        return word;
    }
    static void set(Word word) { asm volatile("msr fpcr, %0" : : "r"(word) : "memory"); }
#else
    using Word = unsigned;
    static constexpr Word standard = 0, flushing = 0;
    static Word get() { return 0; }
    static void set(Word) {}
#endif

private:
    const Word found_;
};

}  // namespace triceptron
