// The one place where the way to cut a training is chosen: by its shape and by how many zeros there are in its data.
#pragma once

#include <cstdlib>
#include <memory>
#include <string_view>

#include "by_rows.hpp"
#include "by_units.hpp"

namespace triceptron {

template <class T> std::unique_ptr<Training<T>> make_training(Setting<T> setting) {
    const Source<T>& X = setting.train.X;
    // An input that dropout silences is 0 after centring, so the mean cannot be folded into b1 then.
    const bool foldable = !(X.pixels && centred(setting.mean) && setting.method.input_dropout > 0);
    const bool sparse = foldable && setting.h >= unit<T> && X.density(1000) < sparse_density;
    const char* wanted = std::getenv("TRICEPTRON_CUT");  // "rows" or "units": lets tests hold either to every shape
    const bool by_rows = wanted ? std::string_view(wanted) == "rows"
                                : TrainingByRows<T>::suits(setting.m, setting.h, sparse);
    if (by_rows) return std::make_unique<TrainingByRows<T>>(std::move(setting));
    const bool lists = sparse || X.kind() == Kind::compressed;
    return std::make_unique<TrainingByUnits<T>>(std::move(setting), lists);
}

}  // namespace triceptron
