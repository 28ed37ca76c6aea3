// The Python face of the core: it checks arguments and nothing else.
#include <nanobind/nanobind.h>

namespace nb = nanobind;

NB_MODULE(_core, module) {
    module.def("version", [] { return TRICEPTRON_VERSION; });
    module.def("instruction_set", [] { return "baseline"; });
}
