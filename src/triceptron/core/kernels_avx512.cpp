#include "distortion_body.hpp"
#include "kernels_body.hpp"

const triceptron::InstructionSet triceptron::avx512{"avx512", kernels<float>(), kernels<double>(), distort};
