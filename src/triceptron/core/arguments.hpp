// Arrays from Python, checked: what is wrong is said in words, and nothing unchecked gets past this file.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "layout.hpp"

namespace triceptron {

namespace nb = nanobind;

[[noreturn]] inline void reject(const std::string& what) { throw nb::value_error(what.c_str()); }

inline std::string dtype_name(nb::dlpack::dtype dtype) {
    const char* kinds[] = {"int", "uint", "float"};
    const bool known = dtype.lanes == 1 && dtype.code <= 2;
    return known ? kinds[dtype.code] + std::to_string(dtype.bits) : "another dtype";
}

using AnyArray = nb::ndarray<nb::ro, nb::device::cpu>;

inline AnyArray as_array(nb::handle value, const std::string& name) {
    AnyArray array;
    if (!nb::try_cast<AnyArray>(value, array)) {
        const std::string type = nb::cast<std::string>(nb::str(value.type().attr("__name__")));
        throw nb::type_error((name + " must be a NumPy array of numbers, got " + type).c_str());
    }
    return array;
}

inline std::string shape_name(const AnyArray& array) {
    std::string text = "(";
    for (std::size_t d = 0; d < array.ndim(); ++d) text += (d ? ", " : "") + std::to_string(array.shape(d));
    return text + (array.ndim() == 1 ? ",)" : ")");
}

constexpr Index any = -1;

// `value` as memory of numbers T in C order with the given shape, `any` where a length is free.
template <class T>
const T* numbers(const AnyArray& array, const std::string& name, std::initializer_list<Index> shape) {
    if (array.dtype() != nb::dtype<T>())
        throw nb::type_error((name + " must be " + dtype_name(nb::dtype<T>()) + ", got " + dtype_name(array.dtype())).c_str());
    bool fits = array.ndim() == shape.size();
    std::string wish = "(";
    for (std::size_t d = 0; d < shape.size(); ++d) {
        const Index length = shape.begin()[d];
        fits = fits && (length == any ? array.shape(d) > 0 : static_cast<Index>(array.shape(d)) == length);
        wish += (d ? ", " : "") + (length == any ? std::string("at least 1") : std::to_string(length));
    }
    wish += shape.size() == 1 ? ",)" : ")";
    if (!fits) reject(name + " must have shape " + wish + ", got " + shape_name(array));
    Index stride = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
        if (array.shape(d) > 1 && static_cast<Index>(array.stride(d)) != stride)
            reject(name + " must be C-contiguous: pass numpy.ascontiguousarray(" + name + ")");
        stride *= static_cast<Index>(array.shape(d));
    }
    if (reinterpret_cast<std::uintptr_t>(array.data()) % alignof(T))
        reject(name + " must be aligned: pass numpy.require(" + name + ", requirements=['C', 'A'])");
    return static_cast<const T*>(array.data());
}
template <class T> const T* numbers(nb::handle value, const std::string& name, std::initializer_list<Index> shape) {
    return numbers<T>(as_array(value, name), name, shape);
}

inline double number_between(double value, const char* name, double least, double below) {
    if (!(value >= least && value < below))
        reject(std::string(name) + " must be at least " + std::to_string(least) + " and less than " +
               std::to_string(below) + ", got " + std::to_string(value));
    return value;
}

}  // namespace triceptron
