// The one place where an instruction set is chosen.
#include <cstdlib>
#include <cstring>

#include "kernels.hpp"

namespace triceptron {

const InstructionSet* instruction_set() {
    const char* wanted = std::getenv("TRICEPTRON_INSTRUCTION_SET");
    const auto wants = [&](const InstructionSet& set) { return !wanted || std::strcmp(wanted, set.name) == 0; };
#ifdef TRICEPTRON_X86
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
    if (has_avx512 && wants(avx512)) return &avx512;
    if (has_avx2 && wants(avx2)) return &avx2;
#endif
    return wants(baseline) ? &baseline : nullptr;
}

}  // namespace triceptron
