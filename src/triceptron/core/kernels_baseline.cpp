#include "distortion_body.hpp"
#include "kernels_body.hpp"

const triceptron::InstructionSet triceptron::baseline{"baseline", kernels<float>(), kernels<double>(), distort};
