// The update of a small W1: stripes of rows, each with a gradient of its own, summed in a fixed order.
//
// A stripe goes through its rows block by block, forward and back to the gradients, while the block and all the
// parameters are in the first- and second-level cache. Matrices are kept transposed, HT (h, block) for H: samples lie
// side by side, so that 50 hidden units or 10 classes are 50 or 10 rows and nothing has to be padded to whole vectors.
// Only features, along which dW1T (h, m) is computed, are; a block that is not full is as narrow as its samples allow.
#pragma once

#include <array>

#include "training.hpp"

namespace triceptron {

// W1T (h, m), W2 (h, K), b1 (h), b2 (K) in one piece, rows padded; also moments and gradients.
template <class T> struct Theta {
    Index m, h, K, m_padded, K_padded;
    Buffer<T> memory;

    Theta(Index m, Index h, Index K)
        : m(m), h(h), K(K), m_padded(row_length(m)), K_padded(round_up(K, padding<T>)), memory(size()) {}

    T* W1T() const { return memory.data(); }
    T* W2() const { return W1T() + h * m_padded; }
    T* b1() const { return W2() + h * K_padded; }
    T* b2() const { return b1() + round_up(h, padding<T>); }
    Index penalised() const { return h * (m_padded + K_padded); }
    Index size() const { return penalised() + round_up(h, padding<T>) + K_padded; }

    void read(const Plain<const T>& from) {
        each([&](T& place, const T& plain) { place = plain; }, from);
    }
    void write(const Plain<T>& to) const {
        each([&](const T& place, T& plain) { plain = place; }, to);
    }

private:
    // Rows a multiple of 1 KiB apart would share a few lines of the cache.
    static Index row_length(Index m) {
        const Index units = ceil_div(m, padding<T>);
        return (units > 16 && units % 16 == 0 ? units + 1 : units) * padding<T>;
    }
    template <class Visit, class Number> void each(Visit visit, const Plain<Number>& plain) const {
        for (Index k = 0; k < m; ++k)
            for (Index j = 0; j < h; ++j) visit(W1T()[j * m_padded + k], plain.W1[k * h + j]);
        for (Index j = 0; j < h; ++j)
            for (Index k = 0; k < K; ++k) visit(W2()[j * K_padded + k], plain.W2[j * K + k]);
        for (Index j = 0; j < h; ++j) visit(b1()[j], plain.b1[j]);
        for (Index k = 0; k < K; ++k) visit(b2()[k], plain.b2[k]);
    }
};

template <class T> class TrainingByRows final : public Training<T> {
    using Base = Training<T>;
    using typename Base::Batch;
    using Base::m, Base::h, Base::K, Base::kernels_, Base::method_, Base::train_, Base::test_, Base::entrance_, Base::pool_,
        Base::hidden_dropout_, Base::last_loss_;

public:
    explicit TrainingByRows(Setting<T> setting) : Base(std::move(setting), false), W2T_(K * h) {
        for (int i = 0; i < this->sets(); ++i) theta_.emplace_back(m, h, K);
        squares_.resize(slices());
        plain_entrance_ = this->held_out_entrance();
        for (int i = 0; i < pool_.threads(); ++i) workers_.emplace_back(theta_[0], entrance_, this->kind());
        test_loss_.resize(ceil_div(test_.X.n, block<T>));
        if (fits(test_.X.n)) kept_test_ = Kept(test_.X.n, theta_[0]);
    }

    static bool suits(Index m, Index h, bool sparse) {
        return m * h * Index(sizeof(T)) <= (sparse ? most_bytes_sparse : most_bytes);
    }

    void read(int set, const Plain<const T>& from) override { theta_[set].read(from); }
    void write(int set, const Plain<T>& to) const override { theta_[set].write(to); }
    void loaded() override {
        const StandardModes modes;
        transpose_W2();
        for (Index slice = 0; slice < slices(); ++slice) note_squares(slice);
    }
    void renewed() override { kept_.filled = kept_test_.filled = false; }

private:
    // ---- Sizes, by shape alone. ----

    static constexpr Index most_bytes = 1024 << 10;        // W1 up to here stays in a core's own cache beside a block
    static constexpr Index most_bytes_sparse = 256 << 10;  // beyond, skipping zeros (by_units.hpp) is worth more
    static constexpr Index most_stripes = 16;       // gradients to be summed
    static constexpr double stripe_work = 3e6;      // operations: enough for a thread to be woken and summed up
    static constexpr Index slice_size = 8192;       // numbers of a gradient, to be summed and applied by one thread
    static constexpr Index kept_bytes = 8 << 20;    // a data set up to here is kept as blocks from epoch to epoch

    Index stripe_count(Index n) const {  // a power of two, so that two or four threads get equal shares
        const double work = 4.0 * static_cast<double>(n) * static_cast<double>((m + K) * h);
        Index stripes = 1;
        while (stripes < most_stripes && 2 * stripes * stripe_work <= work && 2 * stripes * block<T> <= n) stripes *= 2;
        return stripes;
    }
    bool fits(Index n) const {
        return n > 0 && round_up(n, block<T>) * 2 * theta_[0].m_padded * Index(sizeof(T)) <= kept_bytes;
    }

    // A block of X, ready: in rows and transposed.
    struct Block {
        T *X, *XT;
    };
    struct Kept {
        Buffer<T> memory;
        Index block_size = 0;
        bool filled = false;

        Kept() = default;
        Kept(Index n, const Theta<T>& theta)
            : memory(round_up(n, block<T>) * 2 * theta.m_padded), block_size(block<T> * theta.m_padded) {}
        Block at(Index b) const {
            T* X = memory.data() + b * 2 * block_size;
            return {X, X + block_size};
        }
    };
    struct Worker {
        Inputs<T> inputs;
        Buffer<T> X, XT, HT, dZT, OT, dO, YT;
        Buffer<std::uint32_t> words;
        SameSize<T> y[block<T>] = {};
        double w[block<T>];

        Worker(const Theta<T>& theta, const Entrance<T>& entrance, Kind kind)
            : inputs(block<T>, theta.m, entrance, kind, theta.m), X(block<T> * theta.m_padded), XT(block<T> * theta.m_padded),
              HT(block<T> * theta.h), dZT(block<T> * theta.h), OT(block<T> * theta.K), dO(block<T> * theta.K_padded),
              YT(block<T> * theta.K), words(theta.m + 1) {}
        const T* truth(const Labelled<T>& part) const { return part.Y ? YT.data() : nullptr; }
    };
    struct Stripe {
        Theta<T> gradient;
        Buffer<T> db1, db2;  // (h, padding) and (K, padding): sums of every padding-th sample
        double loss = 0;

        explicit Stripe(const Theta<T>& theta)
            : gradient(theta.m, theta.h, theta.K), db1(theta.h * padding<T>), db2(theta.K * padding<T>) {}
    };

    void make_room(Index n) override {
        const Index stripes = stripe_count(n);
        while (static_cast<Index>(stripes_.size()) < stripes) stripes_.emplace_back(theta_[0]);
    }

    // ---- An update. ----

    std::optional<double> update(const Batch& batch, double weight, double learning_rate, double* test_loss,
                                 Interruption& interruption) override {
        const Update<T> constants = this->update_constants(weight, learning_rate);
        const double squares = std::accumulate(squares_.begin(), squares_.end(), 0.0);
        const double penalty = method_.alpha / (2 * weight) * squares;  // (17)
        this->start_dropout();
        // The same rows in every epoch: they are made ready once.
        keeps_ = !batch.order && batch.n == train_.X.n && !entrance_.dropout.on && fits(batch.n);
        if (keeps_ && kept_.memory.size() == 0) kept_ = Kept(batch.n, theta_[0]);
        if (!keeps_) kept_.filled = false;

        const Index blocks = ceil_div(batch.n, block<T>), stripes = stripe_count(batch.n);
        const Index tests = test_loss ? static_cast<Index>(test_loss_.size()) : 0;
        const auto rows_end = [&](Index s) { return s * blocks / stripes; };
        // Held-out blocks fill up the stripes: with those before tests_end[s], a share s / stripes of the work is done.
        std::array<Index, most_stripes + 1> tests_end{};
        const Index all = 2 * blocks + tests;  // a block to learn from takes about twice as long
        for (Index s = 1; s <= stripes; ++s)
            tests_end[s] = s == stripes ? tests
                                        : std::clamp(s * all / stripes - 2 * rows_end(s), tests_end[s - 1], tests);
        pool_.run(stripes, [&](Index s, int worker) {
            Stripe& stripe = stripes_[s];
            stripe.loss = 0;
            for (Index b = rows_end(s); b < rows_end(s + 1) && !interruption.wanted(worker); ++b)
                train_block(batch, weight, b, b > rows_end(s), stripe, workers_[worker]);
            for (Index b = tests_end[s]; b < tests_end[s + 1] && !interruption.wanted(worker); ++b)
                test_block(b, workers_[worker]);
        });
        if (interruption.given_up()) return std::nullopt;
        kept_.filled = keeps_;
        if (tests) *test_loss = sum_tests();

        double loss = penalty;
        for (Index s = 0; s < stripes; ++s) loss += stripes_[s].loss;
        step_downhill(stripes, constants);
        return last_loss_ = loss;
    }

    void train_block(const Batch& batch, double weight, Index b, bool more, Stripe& stripe, Worker& worker) {
        const Theta<T>& theta = theta_[0];
        const Index first = b * block<T>, n = std::min(block<T>, batch.n - first);
        const Index across = round_up(n, padding<T>);
        for (Index i = 0; i < across; ++i) {
            const Index row = i < n ? batch.row(first + i) : 0;
            take_truth(train_, row, i, across, worker);
            worker.w[i] = i < n ? this->weight_of(row) / weight : 0;
        }
        const Block x = keeps_ ? kept_.at(b) : Block{worker.X.data(), worker.XT.data()};
        if (!keeps_ || !kept_.filled)
            ready(train_.X, entrance_, n, [&](Index i) { return batch.row(first + i); }, first, worker, x);

        T *HT = worker.HT.data(), *dZT = worker.dZT.data(), *OT = worker.OT.data(), *dO = worker.dO.data();
        hidden(x, across, worker);  // (1), (2)
        if (hidden_dropout_.on)
            kernels_.drop_across(hidden_dropout_.key0, hidden_dropout_.key1, static_cast<std::uint32_t>(first), h, across,
                              hidden_dropout_.threshold, hidden_dropout_.scale, HT);  // (18)
        logits(across, worker);  // (3)
        stripe.loss += kernels_.loss_across(method_.output, OT, n, across, K, worker.y, worker.truth(train_), worker.w,
                                         theta.K_padded, dO);  // (4)-(7)
        const Start start = more ? Start::more : Start::zero;
        kernels_.multiply(HT, across, h, n,
                          {.B = dO, .width = theta.K_padded, .C = stripe.gradient.W2(), .start = start});  // (8)
        kernels_.sum_across(OT, K, across, more, stripe.db2.data());                                       // (9)
        kernels_.multiply(theta.W2(), theta.K_padded, h, K,
                          {.B = OT, .width = across, .C = dZT, .finish = Finish::where_active, .H = HT,
                           .scale = hidden_dropout_.scale});                                               // (10)
        kernels_.multiply(dZT, across, h, n,
                          {.B = x.X, .width = theta.m_padded, .C = stripe.gradient.W1T(), .start = start});  // (11)
        kernels_.sum_across(dZT, h, across, more, stripe.db1.data());                                      // (12)
    }

    void take_truth(const Labelled<T>& part, Index row, Index i, Index across, Worker& worker) {
        if (!part.Y) worker.y[i] = part.y[row];
        else for (Index k = 0; k < K; ++k) worker.YT[k * across + i] = part.Y[row * K + k];
    }
    template <class RowOf>
    void ready(const Source<T>& X, const Entrance<T>& entrance, Index n, RowOf row_of, Index first, Worker& worker, Block to) {
        for (Index i = 0; i < n; ++i)
            worker.inputs.prepare(i, row_of(i), first + i, X, entrance, kernels_, worker.words.data());
        kernels_.pack(worker.inputs.rows(0), n, round_up(n, padding<T>), m, theta_[0].m_padded, to.X, to.XT);
    }
    void hidden(Block x, Index across, Worker& worker) {
        kernels_.multiply(theta_[0].W1T(), theta_[0].m_padded, h, m,
                          {.B = x.XT, .width = across, .C = worker.HT.data(), .start = Start::column,
                           .bias = theta_[0].b1(), .finish = Finish::relu});
    }
    void logits(Index across, Worker& worker) {
        kernels_.multiply(W2T_.data(), h, K, h,
                          {.B = worker.HT.data(), .width = across, .C = worker.OT.data(), .start = Start::column,
                           .bias = theta_[0].b2()});
    }

    // Sums the stripes' gradients and updates the parameters, slice by slice.
    void step_downhill(Index stripes, const Update<T>& constants) {
        Stripe& total = stripes_[0];
        const Index penalised = theta_[0].penalised();
        const auto part = [&](std::size_t set, Index from) {
            return set < theta_.size() ? theta_[set].memory.data() + from : nullptr;
        };
        this->change(slices(), [&](Index slice, int) {
            const Index first = slice * slice_size, count = std::min(slice_size, penalised - first);
            T* sum = total.gradient.memory.data() + first;
            for (Index s = 1; s < stripes; ++s) kernels_.add(stripes_[s].gradient.memory.data() + first, count, sum);
            kernels_.update(constants, count, sum, part(0, first), part(1, first), part(2, first));
            note_squares(slice);
        });
        for (Index s = 1; s < stripes; ++s) {
            kernels_.add(stripes_[s].db1.data(), total.db1.size(), total.db1.data());
            kernels_.add(stripes_[s].db2.data(), total.db2.size(), total.db2.data());
        }
        const auto collect = [](const Buffer<T>& parts, Index count, T* sums) {
            for (Index j = 0; j < count; ++j) {
                T sum = 0;
                for (Index c = 0; c < padding<T>; ++c) sum += parts[j * padding<T> + c];
                sums[j] = sum;
            }
        };
        collect(total.db1, h, total.gradient.b1()), collect(total.db2, K, total.gradient.b2());
        Update<T> unpenalised = constants;
        unpenalised.penalty = 0;
        kernels_.update(unpenalised, theta_[0].size() - penalised, total.gradient.b1(), part(0, penalised), part(1, penalised),
                     part(2, penalised));
        transpose_W2();
    }

    Index slices() const { return ceil_div(theta_[0].penalised(), slice_size); }
    void note_squares(Index slice) {
        const Index first = slice * slice_size;
        if (method_.alpha > 0)
            squares_[slice] = kernels_.sum_of_squares(theta_[0].memory.data() + first,
                                                   std::min(slice_size, theta_[0].penalised() - first));
    }

    void transpose_W2() {
        for (Index j = 0; j < h; ++j)
            for (Index k = 0; k < K; ++k) W2T_[k * h + j] = theta_[0].W2()[j * theta_[0].K_padded + k];
    }

    // ---- The held-out loss. ----

    double held_out(Interruption& interruption) override {
        pool_.run(static_cast<Index>(test_loss_.size()), [&](Index b, int worker) {
            if (!interruption.wanted(worker)) test_block(b, workers_[worker]);
        });
        return interruption.given_up() ? 0 : sum_tests();
    }
    double sum_tests() {
        kept_test_.filled = true;
        return std::accumulate(test_loss_.begin(), test_loss_.end(), 0.0);
    }
    void test_block(Index b, Worker& worker) {
        const Index first = b * block<T>, n = std::min(block<T>, test_.X.n - first);
        const Index across = round_up(n, padding<T>);
        for (Index i = 0; i < across; ++i) {
            take_truth(test_, i < n ? first + i : 0, i, across, worker);
            worker.w[i] = 1 / static_cast<double>(test_.X.n);
        }
        const bool keeps = kept_test_.memory.size() > 0;
        const Block x = keeps ? kept_test_.at(b) : Block{worker.X.data(), worker.XT.data()};
        if (!keeps || !kept_test_.filled)
            ready(test_.X, plain_entrance_, n, [&](Index i) { return first + i; }, 0, worker, x);
        hidden(x, across, worker);
        logits(across, worker);
        test_loss_[b] = kernels_.loss_across(method_.output, worker.OT.data(), n, across, K, worker.y, worker.truth(test_), worker.w, 0,
                                          nullptr);
    }

    std::vector<Theta<T>> theta_;  // the parameters, then the solver's moments
    Buffer<T> W2T_;
    std::vector<double> squares_;
    Entrance<T> plain_entrance_;
    std::vector<Worker> workers_;
    std::vector<Stripe> stripes_;
    bool keeps_ = false;
    Kept kept_, kept_test_;
    std::vector<double> test_loss_;
};

}  // namespace triceptron
