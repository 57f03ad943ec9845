// Threads and scratch memory of one call.
//
// Threads come from the OpenMP runtime that torch has loaded, by its entry points of GCC's ABI
// (GOMP_parallel, GOMP_barrier), which libgomp, libomp and libiomp5 all have: two runtimes in one
// process would each keep threads spinning. Work is taken from a shared counter in small units, so
// no result depends on how many threads came.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

struct OpenMP {
    void (*parallel)(void (*body)(void*), void* data, unsigned threads, unsigned flags);
    void (*barrier)();
};
extern OpenMP openmp;

// Scratch of the calling thread, aligned to 64 bytes; it grows, and lasts until the thread ends.
// Null when there is no memory.
char* scratch(size_t bytes);

constexpr size_t round_up(size_t size, size_t unit) { return (size + unit - 1) / unit * unit; }

// A loop that the threads of a team share: each takes the next `unit` of `count` indices.
class SharedLoop {
  public:
    SharedLoop(int64_t count, int64_t unit) : count_(count), unit_(unit) {}

    template <class Body>
    void run(const Body& body) {
        for (;;) {
            const int64_t begin = next_.fetch_add(unit_, std::memory_order_relaxed);
            if (begin >= count_) return;
            const int64_t end = begin + unit_ < count_ ? begin + unit_ : count_;
            for (int64_t index = begin; index < end; index++) body(index);
        }
    }

  private:
    alignas(64) std::atomic<int64_t> next_{0};
    const int64_t count_;
    const int64_t unit_;
};

// Runs body(thread, barrier) on up to `threads` threads; `thread` counts from 0.
template <class Body>
void run_team(int threads, const Body& body) {
    if (threads <= 1) {
        body(0, [] {});
        return;
    }
    struct Call {
        const Body& body;
        std::atomic<int> arrived{0};
    } call{body};
    openmp.parallel(
        [](void* data) {
            Call& mine = *static_cast<Call*>(data);
            mine.body(mine.arrived.fetch_add(1), [] { openmp.barrier(); });
        },
        &call, (unsigned)threads, 0);
}
