#include "kernels_body.hpp"

const triceptron::InstructionSet triceptron::baseline{"baseline", kernels<float>(), kernels<double>()};
