// The update of a large W1: all threads go through the same rows, and each tile of W1 and W2 has one owner.
//
// An update goes through its batch in chunks of rows that stay in cache:
// 1. rows: X is made ready; H by blocks of rows and panels of hidden units; logits, loss, dO and dZ by blocks of
//    rows while these are in the first-level cache;
// 2. descent: tasks are tiles of dW1 and dW2, each summed over all rows of the chunk in order, and with the last
//    chunk the update of the same tile of W1 and W2. The gradient of a tile never leaves the cache.
//
// The lesson finishes the gradient, (8)-(12) in that order, before the update, (13)-(17). Here dZ (10) and db1 (12) come
// with dO, while their rows are near; dW2 (8) waits for all rows of the chunk; and no gradient of W1 or W2 is ever whole:
// a tile's is made, used and forgotten. Nothing that is updated is read again within the batch, so the numbers are those of
// the lesson's order.
#pragma once

#include "training.hpp"

namespace triceptron {

template <class T> class TrainingByUnits final : public Training<T> {
    using Base = Training<T>;
    using typename Base::Batch;
    using Base::m, Base::h, Base::K, Base::step, Base::kernels_, Base::method_, Base::train_, Base::test_, Base::mean_,
        Base::inverse_, Base::entrance_, Base::pool_, Base::hidden_dropout_, Base::last_loss_;

public:
    TrainingByUnits(Setting<T> setting, bool sparse)
        : Base(std::move(setting), sparse), layers_(m, h, K), W2T_(K, h), folded_b1_(1, h) {
        for (int i = 0; i < method_.moments(); ++i) moments_.emplace_back(m, h, K);
        if (sparse && centred(mean_)) centre();
        plain_entrance_ = this->held_out_entrance();
        square_W1_.resize(feature_blocks() * layers_.W1.count()), square_W2_.resize(layers_.W1.count());
    }

    void read(int set, const Plain<const T>& from) override { (set ? moments_[set - 1] : layers_).read(from); }
    void write(int set, const Plain<T>& to) const override { (set ? moments_[set - 1] : layers_).write(to); }
    void loaded() override {
        const StandardModes modes;
        transpose_W2();
        if (method_.alpha > 0) {
            for (Index p = 0; p < layers_.W1.count(); ++p)
                for (Index f = 0; f < feature_blocks(); ++f) note_square_W1(f, p);
            for (Index p = 0; p < layers_.W1.count(); ++p) note_square_W2(p);
        }
    }

private:
    struct Worker {
        ForwardBlock<T> forward;
        Buffer<T> softmax, gradient;
        Buffer<std::uint32_t> words;
        std::vector<const Entry<T>*> begins, ends;  // of the lists of columns
        Buffer<Entry<T>> entries;
        std::vector<double> w;
        Lists<T> lists(Index column = 0) const { return {begins.data() + column, ends.data() + column, 1}; }
    };

    // ---- Sizes, by shape alone. ----

    static constexpr Index block_rows = 32;       // X, H and dZ of a block fit the first-level cache for m ~ h ~ 64
    static constexpr Index passage_rows = 64;      // rows that share one passage of a panel of a large W1
    static constexpr Index least_rows = 8;        // worth a thread's while
    static constexpr Index chunk_bytes = 4 << 20; // X, H and dZ of a chunk stay near

    Index feature_step() const {  // features of a tile of dW1: sixteen tasks or more of them
        return std::min(round_up(ceil_div(m, 16), 16), most_piece);
    }
    Index feature_blocks() const { return ceil_div(m, feature_step()); }
    Index features(Index f) const { return std::min(feature_step(), m - f * feature_step()); }

    // Where zeros are skipped, X stays uncentred: the mean goes into b1 instead.
    void centre() {
        shift_ = Buffer<T>(m), minus_shift_ = Buffer<T>(m);
        for (Index k = 0; k < m; ++k) shift_[k] = T(mean_[k] * inverse_[k]), minus_shift_[k] = -shift_[k];
        entrance_.shift = shift_.data();
    }

    Index entering_bytes() const {  // of a row of X, as it is kept for the multiplications
        const Source<T>& X = train_.X;
        if (X.kind() == Kind::compressed)
            return X.starts[X.n] / X.n * Index(sizeof(Entry<T>)) + feature_blocks() * Index(sizeof(void*));
        return m * (X.kind() == Kind::pixels && !entrance_.rewrites(X.kind()) ? 1 : Index(sizeof(T)));
    }

    void make_room(Index n) override {
        const Kind kind = this->kind();
        const Index row_bytes = entering_bytes() + 2 * layers_.W1.padded() * Index(sizeof(T));
        // Each further chunk goes through all of dW1 once more: compressed rows may take as much room as that.
        const Index W1_bytes = layers_.W1.size() * Index(sizeof(T));
        const Index bytes = kind == Kind::compressed ? std::max(chunk_bytes, W1_bytes / 4) : chunk_bytes;
        const Index fitting = std::max(round_up(bytes / row_bytes, passage_rows), 2 * passage_rows);
        const Index rows = std::min(round_up(n, block_rows), fitting);
        if (rows == chunk_rows_) return;
        chunk_rows_ = 0;  // until all of the room is there
        inputs_ = Inputs<T>(rows, m, entrance_, kind, feature_step());
        H_ = Panels<T>(rows, h), dZ_ = Panels<T>(rows, h), O_ = Panels<T>(rows, K);
        y_.resize(rows), w_.resize(rows);
        if (train_.Y) Y_ = Buffer<T>(rows * K);
        const Index blocks = ceil_div(rows, block_rows);
        block_loss_.resize(std::max(blocks, ceil_div(test_.X.n, passage_rows)) + blocks);
        block_db1_ = Buffer<T>(blocks * H_.padded()), block_db2_ = Buffer<T>(blocks * O_.padded());
        db1_ = Buffer<T>(H_.padded()), db2_ = Buffer<T>(O_.padded());
        workers_.clear();
        for (int i = 0; i < pool_.threads(); ++i)
            workers_.push_back(Worker{
                ForwardBlock<T>(passage_rows, layers_, plain_entrance_, kind), Buffer<T>(K * padding<T>),
                Buffer<T>(std::max(feature_step(), panel<T>) * panel<T>), Buffer<std::uint32_t>(std::max(m, h) + 1),
                std::vector<const Entry<T>*>(feature_step()), std::vector<const Entry<T>*>(feature_step()),
                Buffer<Entry<T>>(entrance_.sparse ? feature_step() * rows : 0), std::vector<double>(passage_rows)});
        chunk_rows_ = rows;
    }

    // ---- An update. ----

    std::optional<double> update(const Batch& batch, double weight, double learning_rate, double* test_loss,
                                 Interruption& interruption) override {
        if (test_loss) *test_loss = held_out(interruption);
        if (interruption.given_up()) return std::nullopt;
        const Update<T> constants = this->update_constants(weight, learning_rate);
        const double decay = penalty(weight);
        double loss = 0;
        this->start_dropout();
        fold();
        const bool whole = batch.n <= chunk_rows_;
        if (!whole && dW1_.size() == 0) dW1_ = Panels<T>(m, h), dW2_ = Panels<T>(h, K);
        for (Index first = 0; first < batch.n; first += chunk_rows_) {
            const Index n = std::min(chunk_rows_, batch.n - first);
            const bool last = first + n == batch.n;
            chunk_first_ = first;
            loss = rows(batch, weight, first, n, loss, interruption);
            if (interruption.given_up()) return std::nullopt;
            sum_biases(n, first == 0);
            descend(n, first == 0, last, whole, constants);
        }
        return last_loss_ = decay + loss;
    }

    double penalty(double weight) const {  // (17)
        if (method_.alpha == 0) return 0;
        double squares = 0;
        for (double square : square_W1_) squares += square;
        for (double square : square_W2_) squares += square;
        return method_.alpha / (2 * weight) * squares;
    }

    const Panels<T>& entering_b1() const { return entrance_.shift ? folded_b1_ : layers_.b1; }
    void fold() {
        if (!entrance_.shift) return;
        pool_.run(layers_.W1.count(), [&](Index p, int) { fold_mean(kernels_, layers_, minus_shift_, folded_b1_, p); });
    }

    // ---- 1. Rows: forward and back to dZ. Returns the loss so far and, on top of it, that of the chunk's blocks. ----

    // n rows in even pieces, as many as two threads share without a rest, or `wanted` by a larger crew: for what each
    // row has to itself. Sums over rows go by blocks of block_rows, so that their order does not depend on where a
    // chunk ends.
    struct Pieces {
        Index n, count;
        Pieces(Index n, Index most, Index wanted) : n(n), count(ceil_div(n, most)) {
            if (count > 1) count = round_up(count, 2);
            if (wanted > 2) count = std::max(count, std::min(wanted, ceil_div(n, least_rows)));
        }
        Index first(Index piece) const { return piece * n / count; }
        Index rows(Index piece) const { return first(piece + 1) - first(piece); }
    };

    double rows(const Batch& batch, double weight, Index first, Index n, double loss, Interruption& interruption) {
        const Index panels = layers_.W1.count(), blocks = ceil_div(n, block_rows);
        const Pieces entering(n, block_rows, pool_.threads()), passages(n, passage_rows, ceil_div(pool_.threads(), panels));
        inputs_.begin(n, train_.X, [&](Index i) { return batch.row(first + i); });
        pool_.run(entering.count, [&](Index piece, int worker) {
            prepare(batch, weight, first, entering.first(piece), entering.rows(piece), worker);
        });
        pool_.run(passages.count * panels, [&](Index task, int worker) {
            if (interruption.wanted(worker)) return;
            const Index passage = task % passages.count;
            hidden_block(passages.first(passage), passages.rows(passage), task / passages.count);
        });
        // While a block is near, all of it; a crew with more threads than blocks shares the way back by panels.
        const bool apart = pool_.threads() > std::max<Index>(blocks, 2);
        pool_.run(blocks, [&](Index b, int worker) {
            if (interruption.wanted(worker)) return;
            const Index block = std::min(block_rows, n - b * block_rows);
            output_block(b, block, worker);
            for (Index p = 0; !apart && p < panels; ++p) hidden_error_block(b, block, p);
        });
        if (apart)
            pool_.run(blocks * panels, [&](Index task, int worker) {
                const Index b = task % blocks;
                if (!interruption.wanted(worker)) hidden_error_block(b, std::min(block_rows, n - b * block_rows), task / blocks);
            });
        return std::accumulate(block_loss_.begin(), block_loss_.begin() + blocks, loss);
    }

    void prepare(const Batch& batch, double weight, Index first, Index from, Index n, int worker) {
        for (Index i = from; i < from + n; ++i) {
            const Index row = batch.row(first + i);
            if (i + 1 < from + n) train_.X.fetch(batch.row(first + i + 1));
            inputs_.prepare(i, row, first + i, train_.X, entrance_, kernels_, workers_[worker].words.data());
            if (!train_.Y) y_[i] = train_.y[row];
            else std::copy_n(train_.Y + row * K, K, Y_.data() + i * K);
            w_[i] = this->weight_of(row) / weight;
        }
    }

    void hidden_block(Index first, Index n, Index p) {  // (1), (2)
        hidden(kernels_, layers_, entering_b1(), inputs_, entrance_.sparse, first, n, p, H_.at(p, first));
    }

    void output_block(Index b, Index n, int worker) {
        const Index first = b * block_rows;
        if (hidden_dropout_.on) drop_hidden(first, n, worker);  // (18)
        logits(kernels_, layers_, H_, first, n, O_);                // (3)
        block_loss_[b] = kernels_.loss(method_.output, O_.data(), panel<T> * O_.rows(), first, n, K, y_.data() + first,
                                    Y_.size() > 0 ? Y_.data() + first * K : nullptr, w_.data() + first, true,
                                    workers_[worker].softmax.data());  // (4)-(7)
        for (Index q = 0; q < O_.count(); ++q)
            kernels_.sum_rows(O_.at(q, first), n, O_.width(q), block_db2_.data() + b * O_.padded() + q * panel<T>);  // (9)
    }

    void hidden_error_block(Index b, Index n, Index p) {
        const Index first = b * block_rows, width = H_.width(p);
        for (Index q = 0; q < O_.count(); ++q)  // (10)
            kernels_.multiply(O_.at(q, first), O_.width(q), n, layers_.classes(q),
                              {.B = W2T_.at(p, q * panel<T>), .width = width, .C = dZ_.at(p, first),
                               .start = q ? Start::more : Start::zero,
                               .finish = q + 1 == O_.count() ? Finish::where_active : Finish::keep,
                               .H = H_.at(p, first), .scale = hidden_dropout_.scale});
        kernels_.sum_rows(dZ_.at(p, first), n, width, block_db1_.data() + b * H_.padded() + p * panel<T>);  // (12)
    }

    void drop_hidden(Index first, Index n, int worker) {
        std::uint32_t* words = workers_[worker].words.data();
        for (Index i = first; i < first + n; ++i) {
            kernels_.random_words(hidden_dropout_.key0, hidden_dropout_.key1,
                               static_cast<std::uint32_t>(chunk_first_ + i), ceil_div(h, 2), words);
            for (Index p = 0; p < H_.count(); ++p)
                kernels_.drop(words + p * panel<T>, hidden_dropout_.threshold, hidden_dropout_.scale, layers_.units(p),
                           H_.at(p, i));
        }
    }

    void sum_biases(Index n, bool fresh) {
        const auto add = [&](const Buffer<T>& blocks, const Buffer<T>& total) {
            if (fresh) std::fill_n(total.data(), total.size(), T(0));
            for (Index b = 0; b < ceil_div(n, block_rows); ++b)
                for (Index j = 0; j < total.size(); ++j) total[j] += blocks[b * total.size() + j];
        };
        add(block_db1_, db1_), add(block_db2_, db2_);
    }

    // ---- 2. Descent: gradients, and the update with the last chunk. ----

    void descend(Index n, bool fresh, bool last, bool whole, const Update<T>& u) {
        const Index panels = layers_.W1.count(), blocks = feature_blocks();
        const Index groups = entrance_.sparse ? sparse_groups() : panels;
        const auto tile = [&](Index task, int worker) {
            if (task < panels) return descend_W2(task, n, fresh, last, whole, u, workers_[worker]);
            const Index f = (task - panels) % blocks, group = (task - panels) / blocks;
            Worker& own = workers_[worker];
            if (entrance_.sparse) inputs_.list_columns(f, n, own.begins.data(), own.ends.data(), own.entries.data());
            for (Index p = group * panels / groups; p < (group + 1) * panels / groups; ++p)
                descend_W1(f, p, n, fresh, last, whole, u, own);
        };
        const Index tasks = panels + blocks * groups;
        if (!last) return pool_.run(tasks, tile);
        this->change(tasks, tile);
        transpose_W2();
    }

    // Lists of a block's columns serve all panels of a group: one group, unless there are more threads than blocks.
    Index sparse_groups() const {
        return std::clamp<Index>(ceil_div(2 * pool_.threads(), feature_blocks()), 1, layers_.W1.count());
    }

    // dW1's tile of feature block f and panel p. (11)
    void descend_W1(Index f, Index p, Index n, bool fresh, bool last, bool whole, const Update<T>& u, Worker& worker) {
        const Index first = f * feature_step(), count = features(f), width = layers_.W1.width(p);
        T* G = whole ? worker.gradient.data() : dW1_.at(p, first);
        const Product<T> product{.B = dZ_.at(p), .width = width, .C = G, .start = fresh ? Start::zero : Start::more};
        if (whole && entrance_.sparse && rests(u)) return descend_where_listed(first, p, count, u, worker);
        if (entrance_.sparse) kernels_.multiply_lists(worker.lists(), count, product);
        else kernels_.gradient(inputs_.rows(0), first, count, n, product);
        if (!last) return;
        if (entrance_.shift) kernels_.subtract_outer(entrance_.shift + first, db1_.data() + p * panel<T>, count, width, G);
        kernels_.update(u, count * width, G, layers_.W1.at(p, first), moment(0, &Layers<T>::W1, p, first),
                     moment(1, &Layers<T>::W1, p, first));
        if (method_.alpha > 0) note_square_W1(f, p);
    }

    // Without a memory, a penalty or a mean, a row of W1 whose column of X is 0 in the whole batch stays as it is.
    bool rests(const Update<T>& u) const { return u.rule == Rule::descent && u.penalty == 0 && !entrance_.shift; }
    void descend_where_listed(Index first, Index p, Index count, const Update<T>& u, Worker& worker) {
        const Index width = layers_.W1.width(p);
        for (Index f = 0; f < count; ++f) {
            const Lists<T> column = worker.lists(f);
            if (column[0].size() == 0) continue;
            kernels_.multiply_lists(column, 1, {.B = dZ_.at(p), .width = width, .C = worker.gradient.data()});
            kernels_.update(u, width, worker.gradient.data(), layers_.W1.at(p, first + f), nullptr, nullptr);
        }
    }

    // The rows of dW2 that belong to panel p of hidden units, with b1 of that panel and, once, b2. (8)
    void descend_W2(Index p, Index n, bool fresh, bool last, bool whole, const Update<T>& u, Worker& worker) {
        const Index first = p * panel<T>, count = layers_.units(p);
        Update<T> unpenalised = u;
        unpenalised.penalty = 0;
        for (Index q = 0; q < O_.count(); ++q) {
            const Index width = O_.width(q);
            T* G = whole ? worker.gradient.data() : dW2_.at(q, first);
            kernels_.gradient_strided(H_.at(p), H_.width(p), count, n,
                                      {.B = O_.at(q), .width = width, .C = G, .start = fresh ? Start::zero : Start::more});
            if (!last) continue;
            kernels_.update(u, count * width, G, layers_.W2.at(q, first), moment(0, &Layers<T>::W2, q, first),
                         moment(1, &Layers<T>::W2, q, first));
            if (p == 0)
                kernels_.update(unpenalised, width, db2_.data() + q * panel<T>, layers_.b2.at(q),
                             moment(0, &Layers<T>::b2, q, 0), moment(1, &Layers<T>::b2, q, 0));
        }
        if (!last) return;
        kernels_.update(unpenalised, layers_.b1.width(p), db1_.data() + first, layers_.b1.at(p),
                     moment(0, &Layers<T>::b1, p, 0), moment(1, &Layers<T>::b1, p, 0));
        if (method_.alpha > 0) note_square_W2(p);
    }

    T* moment(std::size_t which, Panels<T> Layers<T>::* part, Index p, Index row) {
        return which < moments_.size() ? (moments_[which].*part).at(p, row) : nullptr;
    }

    void transpose_W2() {
        for (Index p = 0; p < W2T_.count(); ++p)
            for (Index j = 0; j < layers_.units(p); ++j)
                for (Index k = 0; k < K; ++k)
                    W2T_.at(p, k)[j] = layers_.W2.at(k / panel<T>, p * panel<T> + j)[k % panel<T>];
    }

    void note_square_W1(Index f, Index p) {
        square_W1_[f * layers_.W1.count() + p] =
            kernels_.sum_of_squares(layers_.W1.at(p, f * feature_step()), features(f) * layers_.W1.width(p));
    }
    void note_square_W2(Index p) {
        square_W2_[p] = 0;
        for (Index q = 0; q < layers_.W2.count(); ++q)
            square_W2_[p] += kernels_.sum_of_squares(layers_.W2.at(q, p * panel<T>), layers_.units(p) * layers_.W2.width(q));
    }

    // ---- The held-out loss. ----

    double held_out(Interruption& interruption) override {
        fold();
        pool_.run(ceil_div(test_.X.n, passage_rows), [&](Index b, int worker) {
            if (!interruption.wanted(worker)) held_out_block(b, worker);
        });
        return sum_held_out();
    }

    void held_out_block(Index b, int number) {
        Worker& worker = workers_[number];
        const Index first = b * passage_rows, n = std::min(passage_rows, test_.X.n - first);
        forward(kernels_, layers_, entering_b1(), test_.X, plain_entrance_, first, n, worker.forward);
        std::fill_n(worker.w.begin(), n, 1 / static_cast<double>(test_.X.n));
        const Panels<T>& O = worker.forward.O;
        held_out_loss()[b] = kernels_.loss(method_.output, O.data(), panel<T> * O.rows(), 0, n, K,
                                        test_.Y ? nullptr : test_.y.data() + first, test_.Y ? test_.Y + first * K : nullptr,
                                        worker.w.data(), false, worker.softmax.data());
    }
    // The held-out blocks' losses stand behind those of the chunk's own blocks.
    double* held_out_loss() { return block_loss_.data() + ceil_div(chunk_rows_, block_rows); }
    double sum_held_out() {
        return std::accumulate(held_out_loss(), held_out_loss() + ceil_div(test_.X.n, passage_rows), 0.0);
    }

    std::vector<Layers<T>> moments_;
    Layers<T> layers_;
    Entrance<T> plain_entrance_;
    Buffer<T> shift_, minus_shift_;
    Panels<T> W2T_, folded_b1_;
    std::vector<double> square_W1_, square_W2_;

    // What a chunk computes.
    Index chunk_rows_ = 0, chunk_first_ = 0;
    Inputs<T> inputs_;
    Panels<T> H_, dZ_, O_;
    std::vector<std::int32_t> y_;
    Buffer<T> Y_;
    std::vector<double> w_;
    std::vector<double> block_loss_;
    Buffer<T> block_db1_, block_db2_, db1_, db2_;
    Panels<T> dW1_, dW2_;  // only where a batch is more than a chunk
    std::vector<Worker> workers_;
};

}  // namespace triceptron
