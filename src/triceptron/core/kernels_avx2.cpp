#include "distortion_body.hpp"
#include "kernels_body.hpp"

const triceptron::InstructionSet triceptron::avx2{"avx2", kernels<float>(), kernels<double>(), distort};
