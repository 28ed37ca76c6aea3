// The one place where an instruction set is chosen.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "kernels.hpp"

namespace triceptron {

#ifdef TRICEPTRON_X86
namespace {

// In assembly that GCC, Clang and clang-cl all read: __builtin_cpu_supports needs a run-time library that clang-cl does
// not link, and <cpuid.h> and <intrin.h> each have their own __cpuid.
struct Registers {
    std::uint32_t a, b, c, d;
};
Registers cpuid(std::uint32_t leaf) {
    Registers r;
    asm volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
    return r;
}
std::uint32_t saved_states() {  // XCR0: which registers the system keeps when it switches threads
    std::uint32_t low, high;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

struct Processor {
    bool avx2 = false, avx512 = false;
};
Processor processor() {
    const auto all = [](std::uint32_t bits, std::uint32_t wanted) { return (bits & wanted) == wanted; };
    constexpr std::uint32_t fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28;                      // leaf 1, ecx
    constexpr std::uint32_t avx2 = 1u << 5, f = 1u << 16, dq = 1u << 17, bw = 1u << 30, vl = 1u << 31;  // leaf 7, ebx
    constexpr std::uint32_t ymm = 0x06, zmm = 0xe0;                                                  // XCR0
    Processor has;
    if (cpuid(0).a < 7 || !all(cpuid(1).c, fma | osxsave | avx)) return has;
    const std::uint32_t features = cpuid(7).b, states = saved_states();
    has.avx2 = all(features, avx2) && all(states, ymm);
#ifdef __APPLE__
    const bool keeps_zmm = true;  // macOS begins to keep them at their first use, and only then says so
#else
    const bool keeps_zmm = all(states, zmm);
#endif
    has.avx512 = has.avx2 && all(features, f | dq | bw | vl) && keeps_zmm;
    return has;
}

}  // namespace
#endif

const InstructionSet* instruction_set() {
    const char* wanted = std::getenv("TRICEPTRON_INSTRUCTION_SET");
    const auto wants = [&](const InstructionSet& set) { return !wanted || std::strcmp(wanted, set.name) == 0; };
#ifdef TRICEPTRON_X86
    const Processor has = processor();
    if (has.avx512 && wants(avx512)) return &avx512;
    if (has.avx2 && wants(avx2)) return &avx2;
#endif
    return wants(baseline) ? &baseline : nullptr;
}

}  // namespace triceptron
