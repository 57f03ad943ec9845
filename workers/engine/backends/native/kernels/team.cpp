#include "team.h"

#include <cstdlib>

#if defined(__linux__)
#include <sys/mman.h>
#endif

OpenMP openmp;

namespace {

struct Scratch {
    char* memory = nullptr;
    size_t size = 0;
    ~Scratch() { std::free(memory); }
};

thread_local Scratch mine;

}  // namespace

char* scratch(size_t bytes) {
    if (bytes > mine.size) {
        const size_t size = round_up(bytes + bytes / 4, 4096);
        std::free(mine.memory);
        mine.memory = static_cast<char*>(std::aligned_alloc(4096, size));
        mine.size = mine.memory ? size : 0;
    }
    return mine.memory;
}

#pragma GCC visibility push(default)
extern "C" {

void kernels_use_openmp(void* parallel, void* barrier) {
    openmp.parallel = reinterpret_cast<decltype(openmp.parallel)>(parallel);
    openmp.barrier = reinterpret_cast<decltype(openmp.barrier)>(barrier);
}

// Asks for large pages: reading weights from small ones costs a page walk every 4 KiB.
void kernels_large_pages(void* memory, int64_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    const uintptr_t page = 4096;
    const uintptr_t begin = (reinterpret_cast<uintptr_t>(memory) + page - 1) / page * page;
    const uintptr_t end = (reinterpret_cast<uintptr_t>(memory) + (uintptr_t)bytes) / page * page;
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
    (void)memory, (void)bytes;
#endif
}
}
#pragma GCC visibility pop
