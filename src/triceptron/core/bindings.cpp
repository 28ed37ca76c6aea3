// The Python face of the core: it checks arguments, lets go of the interpreter lock, and nothing else.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>

#include <array>
#include <atomic>

#include "arguments.hpp"
#include "distortion.hpp"
#include "predictor.hpp"
#include "cut.hpp"
#include "unlocked.hpp"

namespace triceptron {
namespace {

using namespace nb::literals;

const InstructionSet& chosen() {
    const InstructionSet* set = instruction_set();
    if (!set) reject("TRICEPTRON_INSTRUCTION_SET must name one that this machine has: avx512, avx2 or baseline");
    return *set;
}

int checked_threads(int n_threads) {
    if (n_threads < 1 || n_threads > 4096) reject("n_threads must be from 1 to 4096, got " + std::to_string(n_threads));
    return n_threads;
}

// Whether a signal's handler in Python has thrown, Ctrl-C's for one.
bool signalled() {
    if (Unlocked::leave()) return true;
    nb::gil_scoped_acquire locked;
    return PyErr_CheckSignals() != 0;
}

// Throws what a handler has thrown; where the interpreter ends, it is the thread that ends.
[[noreturn]] void give_up() {
    if (!PyErr_Occurred()) PyErr_SetNone(PyExc_SystemExit);
    throw nb::python_error();
}

// ---- Arrays in and out. ----

template <class T> struct Checked {  // (W1, b1, W2, b2), all fitting together
    const T *W1, *b1, *W2, *b2;
    Index m, h, K;
    Plain<const T> plain() const { return {W1, b1, W2, b2}; }

    explicit Checked(nb::handle given, const char* what) {
        if (!nb::isinstance<nb::tuple>(given)) throw nb::type_error((std::string(what) + " must be (W1, b1, W2, b2)").c_str());
        const auto arrays = nb::borrow<nb::tuple>(given);
        if (arrays.size() != 4)
            reject(std::string(what) + " must be (W1, b1, W2, b2), got " + std::to_string(arrays.size()) + " arrays");
        const AnyArray first = as_array(arrays[0], "W1"), second = as_array(arrays[2], "W2");
        W1 = numbers<T>(first, "W1", {any, any});
        m = static_cast<Index>(first.shape(0)), h = static_cast<Index>(first.shape(1));
        W2 = numbers<T>(second, "W2", {h, any});
        K = static_cast<Index>(second.shape(1));
        b1 = numbers<T>(arrays[1], "b1", {h});
        b2 = numbers<T>(arrays[3], "b2", {K});
        constexpr Index most = std::numeric_limits<std::int32_t>::max();
        if (m > most / 2 || h > most / 2 || K > most / 2) reject("m, h and K must be less than 2**30");
    }
};

template <class T> auto fresh_array(std::initializer_list<std::size_t> shape) {
    std::size_t size = 1;
    for (std::size_t length : shape) size *= length;
    T* data = new T[size];
    return nb::ndarray<nb::numpy, T>(data, shape, nb::capsule(data, [](void* p) noexcept { delete[] static_cast<T*>(p); }));
}

// Set number `set` of a training's parameters and moments.
template <class T> nb::tuple copies(const Training<T>& training, int set) {
    const auto m = static_cast<std::size_t>(training.m), h = static_cast<std::size_t>(training.h),
               K = static_cast<std::size_t>(training.K);
    auto W1 = fresh_array<T>({m, h}), b1 = fresh_array<T>({h}), W2 = fresh_array<T>({h, K}), b2 = fresh_array<T>({K});
    training.write(set, {W1.data(), b1.data(), W2.data(), b2.data()});
    return nb::make_tuple(W1, b1, W2, b2);
}

// X (n, m), or one row (m,) where `row_too`, or compressed rows as a tuple (starts, columns, values); the arrays are
// kept alive by whoever keeps the answer.
template <class T> struct Features {
    AnyArray array, columns, values;
    Source<T> source;
    bool row = false;

    Features() = default;
    Features(nb::handle value, const char* name, Index m, bool row_too = false) {
        source.m = m;
        if (nb::isinstance<nb::tuple>(value)) compressed(nb::cast<nb::tuple>(value), name);
        else plain(as_array(value, name), name, row_too);
    }

private:
    void plain(AnyArray given, const char* name, bool row_too) {
        array = std::move(given);
        const Index m = source.m;
        row = row_too && array.ndim() == 1;
        const auto get = [&](auto zero) {
            using Number = decltype(zero);
            return row ? numbers<Number>(array, name, {m}) : numbers<Number>(array, name, {any, m});
        };
        if (array.dtype() == nb::dtype<std::uint8_t>()) source.pixels = get(std::uint8_t{});
        else source.floats = get(T{});
        source.n = row ? 1 : static_cast<Index>(array.shape(0));
        check_rows(name);
    }
    void check_rows(const std::string& name) const {
        if (source.n >= Index(1) << 32) reject(name + " must have less than 2**32 rows");
    }
    void compressed(const nb::tuple& parts, const std::string& name) {
        if (parts.size() != 3) reject(name + " must be (starts, columns, values), got " + std::to_string(parts.size()) + " arrays");
        array = as_array(parts[0], name + "'s starts"), columns = as_array(parts[1], name + "'s columns");
        values = as_array(parts[2], name + "'s values");
        source.starts = numbers<std::int64_t>(array, name + "'s starts", {any});
        source.n = static_cast<Index>(array.shape(0)) - 1;
        check_rows(name);
        if (source.n < 1) reject(name + " must have at least one row");
        const Index stored = source.starts[source.n];
        source.columns = numbers<std::int32_t>(columns, name + "'s columns", {stored});
        source.values = numbers<T>(values, name + "'s values", {stored});
        if (source.starts[0] != 0) reject(name + "'s starts must begin with 0, got " + std::to_string(source.starts[0]));
        for (Index i = 0; i < source.n; ++i) {
            if (source.stored(i) < 0 || source.starts[i + 1] > stored)
                reject(name + "'s starts must not fall, got " + std::to_string(source.starts[i + 1]) + " after " +
                       std::to_string(source.starts[i]));
            std::int32_t last = -1;
            for (Index e = source.starts[i]; e < source.starts[i + 1]; last = source.columns[e++])
                if (source.columns[e] <= last || source.columns[e] >= source.m)
                    reject(name + "'s columns must ascend within a row, from 0 to " + std::to_string(source.m - 1) + ", got " +
                           std::to_string(source.columns[e]) + " in row " + std::to_string(i));
        }
    }
};

std::vector<std::int32_t> labels(nb::handle value, const char* name, Index n, Index K) {
    const std::int64_t* given = numbers<std::int64_t>(value, name, {n});
    const std::vector<std::int64_t> y(given, given + n);  // another thread may change what it gave us: copied, then checked
    for (Index i = 0; i < n; ++i)
        if (y[i] < 0 || y[i] >= K)
            reject(std::string(name) + " must hold labels from 0 to " + std::to_string(K - 1) + ", got " +
                   std::to_string(y[i]) + " at row " + std::to_string(i));
    return {y.begin(), y.end()};
}

// The truth of n samples: Y (n, K), which `array` keeps alive, or for softmax labels.
template <class T>
void take_truth(nb::handle value, const char* name, Index K, Output output, Labelled<T>& part, AnyArray& array) {
    array = as_array(value, name);
    if (output == Output::softmax && array.ndim() != 2) {
        part.y = labels(value, name, part.X.n, K);
        return;
    }
    part.Y = numbers<T>(array, name, {part.X.n, K});
}

std::vector<double> doubles(nb::handle value, const char* name, Index n, double otherwise, bool positive) {
    if (value.is_none()) return std::vector<double>(n, otherwise);
    const double* given = numbers<double>(value, name, {n});
    std::vector<double> x(given, given + n);
    for (Index i = 0; i < n; ++i)
        if (!std::isfinite(x[i]) || (positive && x[i] <= 0))
            reject(std::string(name) + (positive ? " must be positive, got " : " must be finite, got ") +
                   std::to_string(x[i]) + " at " + std::to_string(i));
    return x;
}

std::vector<double> inverses(nb::handle scale, Index m) {
    std::vector<double> all = doubles(scale, "scale", m, 1, true);
    for (double& x : all) x = 1 / x;
    return all;
}

// ---- The classes. ----

// In the order of their enumerations.
constexpr std::array outputs{"softmax", "logistic", "identity"};
constexpr std::array rules{"descent", "momentum", "nesterov", "adam", "gradient"};

template <class Choice, std::size_t n>
Choice choice(const char* what, const std::array<const char*, n>& names, const std::string& given) {
    std::string all;
    for (std::size_t i = 0; i < n; ++i) {
        if (given == names[i]) return static_cast<Choice>(i);
        all += (i == 0 ? "'" : i + 1 < n ? "', '" : "' or '") + std::string(names[i]);
    }
    reject(std::string(what) + " must be " + all + "', got '" + given + "'");
}

void make_method(Method* place, const std::string& output, const std::string& rule, double momentum, double beta_1, double beta_2,
                 double epsilon, double alpha, double input_dropout, double hidden_dropout, std::uint64_t dropout_seed) {
    new (place) Method{.output = choice<Output>("output", outputs, output),
                       .rule = choice<Rule>("rule", rules, rule),
                       .momentum = number_between(momentum, "momentum", 0, 1),
                       .beta_1 = number_between(beta_1, "beta_1", 0, 1),
                       .beta_2 = number_between(beta_2, "beta_2", 0, 1),
                       .epsilon = epsilon,
                       .alpha = number_between(alpha, "alpha", 0, std::numeric_limits<double>::infinity()),
                       .input_dropout = number_between(input_dropout, "input_dropout", 0, 1),
                       .hidden_dropout = number_between(hidden_dropout, "hidden_dropout", 0, 1),
                       .dropout_seed = dropout_seed};
}

template <class T> class TrainingFace {
public:
    TrainingFace(const nb::tuple& parameters, const nb::tuple& moments, std::uint64_t step, nb::handle X, nb::handle y,
                 nb::handle sample_weight, nb::handle test_X, nb::handle test_y, nb::handle mean, nb::handle scale,
                 const Method& method, int n_threads) {
        const Checked<T> p(parameters, "parameters");
        X_ = Features<T>(X, "X", p.m);
        Labelled<T> train, test;
        train.X = X_.source, test.X.m = p.m;
        take_truth(y, "y", p.K, method.output, train, y_);
        if (!sample_weight.is_none()) {
            train.sample_weight = doubles(sample_weight, "sample_weight", X_.source.n, 1, false);
            for (double weight : train.sample_weight)
                if (weight < 0) reject("sample_weight must not be negative, got " + std::to_string(weight));
        }
        if (test_X.is_none() != test_y.is_none()) reject("test_X and test_y must be given together");
        if (!test_X.is_none()) {
            test_X_ = Features<T>(test_X, "test_X", p.m);
            if (!test_X_.source.pixels != !X_.source.pixels) reject("test_X must have the dtype of X");
            if (test_X_.source.kind() != X_.source.kind()) reject("test_X must be compressed where X is");
            test.X = test_X_.source;
            take_truth(test_y, "test_y", p.K, method.output, test, test_y_);
        }
        if (!X_.source.pixels && !(mean.is_none() && scale.is_none()))
            reject("mean and scale are for uint8 X: standardise X itself");
        if (static_cast<int>(moments.size()) != method.moments())
            reject("rule '" + std::string(rules[static_cast<std::size_t>(method.rule)]) + "' keeps " + std::to_string(method.moments()) + " moments, got " +
                   std::to_string(moments.size()));
        training_ = make_training(Setting<T>{chosen(), p.m, p.h, p.K, std::move(train), std::move(test),
                                             doubles(mean, "mean", p.m, 0, false), inverses(scale, p.m), method,
                                             checked_threads(n_threads)});
        m_ = p.m, h_ = p.h, K_ = p.K;
        training_->read(0, p.plain());
        for (std::size_t i = 0; i < moments.size(); ++i) {
            const Checked<T> part(moments[i], "moments");
            if (!fits(part)) reject("moments must have the shapes of the parameters");
            training_->read(static_cast<int>(i) + 1, part.plain());
        }
        training_->step = step;
        training_->loaded();
    }

    std::pair<double, double> epoch(nb::handle order, Index batch_size, nb::handle learning_rates) {
        const Alone alone(busy_);
        Index n = X_.source.n;
        AnyArray rows, rates = as_array(learning_rates, "learning_rates");
        if (!order.is_none()) {
            rows = as_array(order, "order");
            const std::int64_t* given = numbers<std::int64_t>(rows, "order", {any});
            order_.assign(given, given + rows.shape(0));  // another thread may change what it gave us
            for (std::int64_t row : order_)
                if (row < 0 || row >= n)
                    reject("order must hold rows from 0 to " + std::to_string(n - 1) + ", got " + std::to_string(row));
            n = static_cast<Index>(order_.size());
        }
        if (batch_size < 1) reject("batch_size must be at least 1, got " + std::to_string(batch_size));
        const Index batches = n / batch_size + (n % batch_size != 0);
        const double* eta = numbers<double>(rates, "learning_rates", {batches});
        rates_.assign(eta, eta + batches);
        Interruption interruption(signalled);
        const auto losses = [&] {
            const Unlocked unlocked;
            return training_->epoch(order.is_none() ? nullptr : order_.data(), n, batch_size, rates_.data(), interruption);
        }();
        if (!losses) give_up();
        return {losses->train, losses->test};
    }

    void renewed() {
        const Alone alone(busy_);
        training_->renewed();
    }
    nb::tuple parameters() {
        const Alone alone(busy_);
        return copies(*training_, 0);
    }
    void load(const nb::tuple& parameters) {
        const Alone alone(busy_);
        const Checked<T> part(parameters, "parameters");
        if (!fits(part)) reject("parameters must keep their shapes");
        training_->read(0, part.plain());
        training_->loaded();
    }
    nb::tuple moments() {
        const Alone alone(busy_);
        nb::list all;
        for (int set = 1; set < training_->sets(); ++set) all.append(copies(*training_, set));
        return nb::tuple(all);
    }
    std::uint64_t step() {
        const Alone alone(busy_);
        return training_->step;
    }

private:
    // Holds a training for one caller; a second one, from another thread, is told.
    struct Alone {
        std::atomic<bool>& busy;
        explicit Alone(std::atomic<bool>& busy) : busy(busy) {
            if (busy.exchange(true)) throw std::runtime_error("this training is running in another thread");
        }
        ~Alone() { busy = false; }
    };

    bool fits(const Checked<T>& part) const { return part.m == m_ && part.h == h_ && part.K == K_; }

    std::vector<std::int64_t> order_;  // an epoch's own copies
    std::vector<double> rates_;
    Features<T> X_, test_X_;
    AnyArray y_, test_y_;
    Index m_ = 0, h_ = 0, K_ = 0;
    std::unique_ptr<Training<T>> training_;
    std::atomic<bool> busy_{false};
};

template <class T> class PredictorFace {
public:
    PredictorFace(const nb::tuple& parameters, nb::handle mean, nb::handle scale, int n_threads) {
        const Checked<T> p(parameters, "parameters");
        predictor_.emplace(chosen(), p.m, p.h, p.K, doubles(mean, "mean", p.m, 0, false),
                           inverses(scale, p.m), checked_threads(n_threads));
        predictor_->layers.read(p.plain());
        standardises_ = !mean.is_none() || !scale.is_none();
    }

    nb::object logits(nb::handle X) const { return rows_of_K(X, &Predictor<T>::logits); }
    nb::object probabilities(nb::handle X) const { return rows_of_K(X, &Predictor<T>::probabilities); }
    nb::object classes(nb::handle X) const {
        const Features<T> x = features(X);
        auto y = fresh_array<std::int64_t>({static_cast<std::size_t>(x.source.n)});
        finish([&](Interruption& interruption) { predictor_->classes(x.source, y.data(), interruption); });
        return x.row ? nb::cast(y.data()[0]) : nb::cast(y);
    }

private:
    template <class Compute> static void finish(Compute compute) {
        Interruption interruption(signalled);
        {
            const Unlocked unlocked;
            compute(interruption);
        }
        if (interruption.given_up()) give_up();
    }
    Features<T> features(nb::handle X) const {
        Features<T> x(X, "X", predictor_->layers.m, true);
        if (standardises_ && !x.source.pixels) reject("mean and scale are for uint8 X: standardise X itself");
        return x;
    }
    nb::object rows_of_K(nb::handle X, void (Predictor<T>::*compute)(const Source<T>&, T*, Interruption&) const) const {
        const Features<T> x = features(X);
        const auto n = static_cast<std::size_t>(x.source.n), K = static_cast<std::size_t>(predictor_->layers.K);
        auto answer = x.row ? fresh_array<T>({K}) : fresh_array<T>({n, K});
        finish([&](Interruption& interruption) { ((*predictor_).*compute)(x.source, answer.data(), interruption); });
        return nb::cast(answer);
    }

    std::optional<Predictor<T>> predictor_;
    bool standardises_ = false;
};

// ---- Images. ----

nb::object distorted(nb::handle X, Index height, Index width, nb::handle maps, nb::handle windows, nb::handle field, int n_threads) {
    constexpr Index longest = 1024;
    if (height < 1 || width < 1 || height > longest || width > longest)
        reject("image_shape must be from (1, 1) to (1024, 1024), got (" + std::to_string(height) + ", " + std::to_string(width) + ")");
    const AnyArray pixels = as_array(X, "X"), all_maps = as_array(maps, "maps");
    const auto* from = numbers<std::uint8_t>(pixels, "X", {any, height * width});
    const auto n = static_cast<Index>(pixels.shape(0));
    const auto* map = numbers<std::int32_t>(all_maps, "maps", {n, 2, 3});
    Distortion images{height, width};
    std::vector<std::int64_t> begins;
    AnyArray moves;
    if (!field.is_none()) {
        moves = as_array(field, "field");
        images.field = numbers<std::int32_t>(moves, "field", {any, any});
        images.field_width = static_cast<Index>(moves.shape(1));
        const auto* given = numbers<std::int64_t>(windows, "windows", {n, 2});
        begins.assign(given, given + 2 * n);  // another thread may change what it gave us: copied, then checked
        const std::int64_t last = static_cast<std::int64_t>(moves.size()) - (height - 1) * images.field_width - round_up(width, 16);
        for (std::int64_t begin : begins)
            if ((begin < 0 ? ~begin : begin) > last)
                reject("windows must lie in the field, rounded up to 16 columns: from 0 to " + std::to_string(last) + ", got " +
                       std::to_string(begin));
    }
    auto to = fresh_array<std::uint8_t>({static_cast<std::size_t>(n), static_cast<std::size_t>(height * width)});
    const InstructionSet& set = chosen();
    Interruption interruption(signalled);
    {
        const Unlocked unlocked;
        distort(set, images, n, from, map, images.field ? begins.data() : nullptr, to.data(), checked_threads(n_threads), interruption);
    }
    if (interruption.given_up()) give_up();
    return nb::cast(to);
}

template <class T> void bind(nb::module_& module, const char* training, const char* predictor) {
    using Train = TrainingFace<T>;
    nb::class_<Train>(module, training)
        .def(nb::init<const nb::tuple&, const nb::tuple&, std::uint64_t, nb::handle, nb::handle, nb::handle, nb::handle,
                      nb::handle, nb::handle, nb::handle, const Method&, int>(),
             nb::kw_only(), "parameters"_a, "moments"_a, "step"_a, "X"_a.none(), "y"_a.none(), "sample_weight"_a.none(), "test_X"_a.none(),
             "test_y"_a.none(), "mean"_a.none(), "scale"_a.none(), "method"_a, "n_threads"_a)
        .def("epoch", &Train::epoch, "order"_a.none(), "batch_size"_a, "learning_rates"_a)
        .def("renewed", &Train::renewed)
        .def("load", &Train::load, "parameters"_a)
        .def("parameters", &Train::parameters)
        .def("moments", &Train::moments)
        .def("step", &Train::step);
    using Predict = PredictorFace<T>;
    nb::class_<Predict>(module, predictor)
        .def(nb::init<const nb::tuple&, nb::handle, nb::handle, int>(), nb::kw_only(), "parameters"_a, "mean"_a.none(),
             "scale"_a.none(), "n_threads"_a)
        .def("logits", &Predict::logits, "X"_a.none())
        .def("probabilities", &Predict::probabilities, "X"_a.none())
        .def("classes", &Predict::classes, "X"_a.none());
}

}  // namespace
}  // namespace triceptron

NB_MODULE(_core, module) {
    using namespace triceptron;
    nb::set_leak_warnings(false);  // a child of a fork has no thread that could let go of what its parent's hold
    Unlocked::watch_forks();
    module.def("leave", &Unlocked::wait_for_all);
    module.def("version", [] { return TRICEPTRON_VERSION; });
    module.def("instruction_set", [] { return chosen().name; });
    module.def("threefry2x32", [](std::uint32_t key0, std::uint32_t key1, std::uint32_t counter0, std::uint32_t counter1) {
        const Threefry words = threefry2x32(key0, key1, counter0, counter1);
        return std::pair(words.first, words.second);
    });
    module.def("distort", &distorted, nb::kw_only(), "X"_a, "height"_a, "width"_a, "maps"_a, "windows"_a.none(), "field"_a.none(),
               "n_threads"_a);
    nb::class_<Method>(module, "Method")
        .def("__init__", &make_method, nb::kw_only(), "output"_a = "softmax", "rule"_a = "descent", "momentum"_a = 0.0,
             "beta_1"_a = 0.0, "beta_2"_a = 0.0, "epsilon"_a = 1e-8, "alpha"_a = 0.0, "input_dropout"_a = 0.0,
             "hidden_dropout"_a = 0.0, "dropout_seed"_a = 0);
    bind<float>(module, "TrainingFloat32", "PredictorFloat32");
    bind<double>(module, "TrainingFloat64", "PredictorFloat64");
}
