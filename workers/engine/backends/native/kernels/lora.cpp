// Low-rank additions of many adapters in one call: y[n] += scale B (A x[n]) by the row's own slot, for
// all modules that read the same rows, with GPT-J's gelu after them.
#include "simd.h"
#include "team.h"

namespace {

constexpr int64_t COLUMNS = 512;  // outputs that a thread takes at once: whole panels
constexpr int64_t ROWS = 4;       // neighbours with one adapter read it together
constexpr int64_t PANEL = 4 * LANES;  // outputs whose weights are next to each other, rank by rank
constexpr int64_t RANKS = 16;     // products with A that a thread takes at once: a line of memory
constexpr int64_t MODULES = 8;    // of one call, at most

// Weights that are needed soon, towards the second cache: they are read once a step, and the time of
// a call is the time of that.
template <int COUNT>
INLINE void fetch(const float* from) {
    for (int i = 0; i < COUNT; i += 16) __builtin_prefetch(from + i, 0, 2);
}

// inner[r] = sum of x[i] a[r][i] for R rows of A. Each is four vectors of partial sums, put together
// in one order, whatever R is. `next` is what R rows are read from after these.
template <int R>
void dots(const float* x, const float* a, int64_t size, float* inner, const float* next) {
    Float sum[R][4];
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 4; v++) sum[r][v] = splat(0.0f);
    int64_t i = 0;
    for (; i + 4 * LANES <= size; i += 4 * LANES) {
        for (int r = 0; r < R; r++) fetch<4 * LANES>(next + r * size + i);
        for (int v = 0; v < 4; v++) {
            const Float part = load<Float>(x + i + v * LANES);
            for (int r = 0; r < R; r++)
                sum[r][v] = fma(part, load<Float>(a + r * size + i + v * LANES), sum[r][v]);
        }
    }
    for (; i + LANES <= size; i += LANES) {
        const Float part = load<Float>(x + i);
        for (int r = 0; r < R; r++) sum[r][0] = fma(part, load<Float>(a + r * size + i), sum[r][0]);
    }
    if (i < size) {
        const int width = (int)(size - i);
        const Float part = load_first(x + i, width);
        for (int r = 0; r < R; r++)
            sum[r][0] = fma(part, load_first(a + r * size + i, width), sum[r][0]);
    }
    for (int r = 0; r < R; r++)
        inner[r] = sum_lanes((sum[r][0] + sum[r][1]) + (sum[r][2] + sum[r][3]));
}

// The same for `ranks` rows of A, where another A is read after this one.
void all_dots(const float* x, const float* a, int64_t size, int64_t ranks, float* inner,
              const float* next) {
    constexpr int AT_ONCE = REGISTERS >= 32 ? 4 : 2;
    int64_t r = 0;
    for (; r + AT_ONCE <= ranks; r += AT_ONCE) {
        const bool is_last = r + 2 * AT_ONCE > ranks;
        dots<AT_ONCE>(x, a + r * size, size, inner + r, is_last ? next : a + (r + AT_ONCE) * size);
    }
    for (; r < ranks; r++) dots<1>(x, a + r * size, size, inner + r, next);
}

void gelu_columns(float* y, int64_t columns) {
    int64_t column = 0;
    for (; column + LANES <= columns; column += LANES)
        store(y + column, gelu(load<Float>(y + column)));
    if (column < columns) {
        const int width = (int)(columns - column);
        store_first(y + column, gelu(load_first(y + column, width)), width);
    }
}

// y [R][columns] += scale times the sum over ranks of inner [R][pitch] by B, of which b is the panel
// that the first column begins. Each output is summed in the order of the ranks, whatever R is. The
// panels of `next` are read after these.
template <int R>
void expand(const float* b, int64_t rank, const float* inner, int64_t pitch, float scale, float* y,
            int64_t stride, int64_t columns, const float* next) {
    // As many sums as there are registers for.
    constexpr int AT_ONCE = R == 1 || REGISTERS >= 32 ? PANEL / LANES : PANEL / LANES / 2;
    const Float by = splat(scale);
    for (int64_t begin = 0; begin < columns; begin += AT_ONCE * LANES) {
        const float* panel = b + begin / PANEL * PANEL * rank + begin % PANEL;
        const float* then = begin / PANEL * PANEL + PANEL < columns ? panel + PANEL * rank
                                                                     : next + begin % PANEL;
        Float sum[R][AT_ONCE];
        for (int n = 0; n < R; n++)
            for (int v = 0; v < AT_ONCE; v++) sum[n][v] = splat(0.0f);
        for (int64_t r = 0; r < rank; r++) {
            fetch<AT_ONCE * LANES>(then + r * PANEL);
            for (int v = 0; v < AT_ONCE; v++) {
                const Float part = load<Float>(panel + r * PANEL + v * LANES);
                for (int n = 0; n < R; n++)
                    sum[n][v] = fma(part, splat(inner[n * pitch + r]), sum[n][v]);
            }
        }
        for (int n = 0; n < R; n++)
            for (int v = 0; v < AT_ONCE; v++) {
                const int64_t column = begin + v * LANES;
                float* to = y + n * stride + column;
                if (column + LANES <= columns) {
                    store(to, fma(sum[n][v], by, load<Float>(to)));
                } else if (column < columns) {
                    const int width = (int)(columns - column);
                    store_first(to, fma(sum[n][v], by, load_first(to, width)), width);
                }
            }
    }
}

// Columns of y that are changed together: by modules [first, last), in their order, and then by gelu.
struct Region {
    int64_t begin, columns, first, last;
    bool gelu;
    int64_t parts() const { return (columns + COLUMNS - 1) / COLUMNS; }
};

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

struct LoraWeights {
    const float* a;  // [rank, in]
    const float* b;  // B in panels, by lora_pack
    int64_t rank;
    float scale;
};

// A module of a layer and all adapters of it.
struct LoraModule {
    const LoraWeights* weights;  // by slot; 0, or what is beyond `held`, is none
    int64_t held, most_rank;     // most_rank: the largest rank among them
    int64_t in, x_from;          // columns of x that it reads
    int64_t out, y_from;         // columns of y that it changes
};

// Floats of a packed B [out, rank].
int64_t lora_packed_size(int64_t out, int64_t rank) { return (out + PANEL - 1) / PANEL * PANEL * rank; }

// B [out, rank] as panels: one after another, each [rank, PANEL], the last one filled up with zeros.
void lora_pack(const float* b, int64_t out, int64_t rank, float* packed) {
    for (int64_t first = 0; first < out; first += PANEL)
        for (int64_t r = 0; r < rank; r++)
            for (int64_t column = first; column < first + PANEL; column++)
                *packed++ = column < out ? b[column * rank + r] : 0.0f;
}

// Adds all of `modules`, at most MODULES, those of the same columns of y one after another; columns
// [gelu_from, gelu_from + gelu_columns) of all rows pass gelu after that, and must be those of one of
// the modules, or of none. slots [rows]. 0, or 1 when there is no memory.
int32_t lora_add(const LoraModule* modules, int64_t count, const int32_t* slots, int64_t rows,
                 const float* x, int64_t stride, float* y, int64_t y_stride, int64_t gelu_from,
                 int64_t gelu_width, int32_t threads) {
    int64_t pitch = 0, offset[MODULES], blocks[MODULES], all_blocks = 0;
    Region regions[MODULES + 1];
    int64_t known = 0, parts = 0;
    bool is_gelu_left = gelu_width > 0;
    for (int64_t m = 0; m < count; m++) {
        const LoraModule& module = modules[m];
        offset[m] = pitch;
        pitch += module.most_rank;
        blocks[m] = (module.most_rank + RANKS - 1) / RANKS;
        all_blocks += blocks[m];
        if (known && regions[known - 1].begin == module.y_from) {
            regions[known - 1].last = m + 1;
            continue;
        }
        const bool gelu = gelu_width > 0 && module.y_from == gelu_from;
        is_gelu_left &= !gelu;
        regions[known++] = {module.y_from, module.out, m, m + 1, gelu};
    }
    if (is_gelu_left) regions[known++] = {gelu_from, gelu_width, 0, 0, true};
    for (int64_t g = 0; g < known; g++) parts += regions[g].parts();
    float* inner = reinterpret_cast<float*>(scratch((size_t)(rows * pitch + 1) * 4));
    if (!inner) return 1;
    const int64_t tiles = (rows + ROWS - 1) / ROWS;
    SharedLoop down(rows * all_blocks, 1), up(tiles * parts, 1);
    const LoraWeights none{};
    const auto weights_of = [&](const LoraModule& module, int64_t row) -> const LoraWeights& {
        const int32_t slot = slots[row];
        return slot > 0 && slot < module.held ? module.weights[slot] : none;
    };
    struct Block {
        int64_t row, m, first, ranks;
        const float* a;
    };
    const auto block_of = [&](int64_t index) {
        const int64_t row = index / all_blocks;
        int64_t block = index % all_blocks, m = 0;
        while (block >= blocks[m]) block -= blocks[m++];
        const LoraWeights& w = weights_of(modules[m], row);
        const int64_t first = block * RANKS, left = w.rank - first;
        return Block{row, m, first, left < RANKS ? left : RANKS, w.a + first * modules[m].in};
    };
    run_team(threads, [&](int, auto barrier) {
        down.run([&](int64_t index) {
            const Block block = block_of(index);
            if (block.ranks <= 0) return;
            const LoraModule& module = modules[block.m];
            // The others take the blocks between.
            const int64_t later = index + threads < rows * all_blocks ? index + threads : index;
            all_dots(x + block.row * stride + module.x_from, block.a, module.in, block.ranks,
                     inner + block.row * pitch + offset[block.m] + block.first, block_of(later).a);
        });
        barrier();
        up.run([&](int64_t index) {
            const int64_t first = index / parts * ROWS;
            int64_t part = index % parts, g = 0;
            while (part >= regions[g].parts()) part -= regions[g++].parts();
            const Region& region = regions[g];
            const int64_t begin = part * COLUMNS;
            const int64_t last = first + ROWS < rows ? first + ROWS : rows;
            const int64_t columns = region.columns - begin < COLUMNS ? region.columns - begin : COLUMNS;
            float* to = y + region.begin + begin;
            bool alike = last - first == ROWS;
            for (int64_t row = first + 1; row < last; row++) alike &= slots[row] == slots[first];
            for (int64_t m = region.first; m < region.last; m++)
                for (int64_t row = first; row < last; row += alike ? ROWS : 1) {
                    const LoraWeights& w = weights_of(modules[m], row);
                    if (!w.rank) continue;
                    const auto add = alike ? expand<ROWS> : expand<1>;
                    const int64_t later = row + 1 < last ? row + 1 : row;
                    const LoraWeights& then = weights_of(modules[m], later);
                    add(w.b + begin * w.rank, w.rank, inner + row * pitch + offset[m], pitch, w.scale,
                        to + row * y_stride, y_stride, columns, then.b + begin * then.rank);
                }
            if (region.gelu)
                for (int64_t row = first; row < last; row++) gelu_columns(to + row * y_stride, columns);
        });
    });
    return 0;
}
}
#pragma GCC visibility pop
