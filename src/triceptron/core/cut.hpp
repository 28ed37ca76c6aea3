// The one place where the way to cut a training is chosen: by its shape and by how many zeros there are in its data.
#pragma once

#include <cstdlib>
#include <memory>
#include <string_view>

#include "by_rows.hpp"
#include "by_units.hpp"

namespace triceptron {

enum class Cut { fitting, rows, units };

// TRICEPTRON_CUT, "rows" or "units", lets tests hold either to every shape.
inline Cut wanted_cut() {
    const char* wanted = std::getenv("TRICEPTRON_CUT");
    return !wanted ? Cut::fitting : std::string_view(wanted) == "rows" ? Cut::rows : Cut::units;
}

template <class T> std::unique_ptr<Training<T>> make_training(Setting<T> setting, Cut cut = wanted_cut()) {
    const Source<T>& X = setting.train.X;
    // An input that dropout silences is 0 after centring, so the mean cannot be folded into b1 then.
    const bool foldable = !(X.pixels && centred(setting.mean) && setting.method.input_dropout > 0);
    const bool sparse = foldable && setting.h >= padding<T> && X.density(1000) < sparse_density;
    if (cut == Cut::fitting) cut = TrainingByRows<T>::suits(setting.m, setting.h, sparse) ? Cut::rows : Cut::units;
    if (cut == Cut::rows) return std::make_unique<TrainingByRows<T>>(std::move(setting));
    const bool lists = sparse || X.kind() == Kind::compressed;
    return std::make_unique<TrainingByUnits<T>>(std::move(setting), lists);
}

}  // namespace triceptron
