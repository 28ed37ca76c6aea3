// How matrices lie in memory, fixed by their shape and dtype alone, never by the instruction set.
//
// Columns are padded with zeros and cut into panels; within a panel the rows follow one another.
// A kernel that walks down the rows of a panel reads memory from front to back, whatever the matrix's width.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

namespace triceptron {

using Index = std::ptrdiff_t;

template <class T> inline constexpr Index padding = 64 / sizeof(T);  // one 512-bit register: rows take up a multiple of it
template <class T> inline constexpr Index panel = 512 / sizeof(T);  // eight of them: a sparse row's accumulators

template <class T> inline constexpr Index block = 256 / sizeof(T);  // samples side by side: four of them, at most

// The integer as wide as T: labels for comparisons lane by lane.
template <class T> using SameSize = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

constexpr Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }
constexpr Index round_up(Index a, Index to) { return ceil_div(a, to) * to; }

// Memory on a cache line's boundary, zero at first.
template <class T> class Buffer {
public:
    Buffer() = default;
    explicit Buffer(Index size)
        : data_(static_cast<T*>(::operator new(sizeof(T) * static_cast<std::size_t>(size), alignment))), size_(size) {
        std::memset(static_cast<void*>(data_.get()), 0, sizeof(T) * static_cast<std::size_t>(size));
    }
    T* data() const { return data_.get(); }
    T& operator[](Index i) const { return data_.get()[i]; }
    Index size() const { return size_; }

private:
    static constexpr std::align_val_t alignment{64};
    struct Free {
        void operator()(T* data) const { ::operator delete(data, alignment); }
    };
    std::unique_ptr<T, Free> data_;
    Index size_ = 0;
};

// A matrix in panels. The last panel is as narrow as its columns allow.
template <class T> class Panels {
public:
    Panels() = default;
    Panels(Index rows, Index columns)
        : rows_(rows), columns_(columns), padded_(round_up(columns, padding<T>)), memory_(rows * padded_) {}

    Index rows() const { return rows_; }
    Index columns() const { return columns_; }
    Index padded() const { return padded_; }
    Index size() const { return memory_.size(); }
    Index count() const { return ceil_div(padded_, panel<T>); }
    Index width(Index p) const { return p + 1 < count() ? panel<T> : padded_ - p * panel<T>; }
    T* at(Index p, Index row = 0) const { return memory_.data() + p * panel<T> * rows_ + row * width(p); }
    T* data() const { return memory_.data(); }

    void read(const T* plain) const {  // from C order
        each([&](T& place, Index index) { place = plain[index]; });
    }
    void write(T* plain) const {  // to C order
        each([&](T& place, Index index) { plain[index] = place; });
    }

private:
    template <class Visit> void each(Visit visit) const {
        for (Index p = 0; p < count(); ++p) {
            const Index first = p * panel<T>, filled = columns_ - first < width(p) ? columns_ - first : width(p);
            for (Index row = 0; row < rows_; ++row)
                for (Index c = 0; c < filled; ++c) visit(at(p, row)[c], row * columns_ + first + c);
        }
    }
    Index rows_ = 0, columns_ = 0, padded_ = 0;
    Buffer<T> memory_;
};

}  // namespace triceptron
