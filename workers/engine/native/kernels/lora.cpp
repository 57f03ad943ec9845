// Low-rank additions of many adapters in one call: y[n] += scale B (A x[n]) by the row's own slot.
#include "simd.h"
#include "team.h"

namespace {

constexpr int64_t COLUMNS = 512;  // outputs that a thread takes at once

// Sum of x[i] a[i]: four vectors of partial sums, put together in one order.
float dot(const float* x, const float* a, int64_t size) {
    Float sum[4] = {splat(0.0f), splat(0.0f), splat(0.0f), splat(0.0f)};
    int64_t i = 0;
    for (; i + 4 * LANES <= size; i += 4 * LANES)
        for (int v = 0; v < 4; v++)
            sum[v] = fma(load<Float>(x + i + v * LANES), load<Float>(a + i + v * LANES), sum[v]);
    for (; i < size; i += LANES) {
        const int width = size - i < LANES ? (int)(size - i) : LANES;
        sum[0] = fma(load_first(x + i, width), load_first(a + i, width), sum[0]);
    }
    return sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

struct LoraWeights {
    const float* a;  // [rank, in]
    const float* b;  // [rank, out], B transposed
    int64_t rank;
    float scale;
};

// slots [rows]: index into weights [held]; 0, or what is beyond, is none. most_rank: the largest rank
// among the weights. 0, or 1 when there is no memory.
int32_t lora_add(const LoraWeights* weights, int64_t held, int64_t most_rank, const int32_t* slots,
                 const float* x, int64_t stride, int64_t rows, int64_t in, float* y,
                 int64_t y_stride, int64_t out, int32_t threads) {
    float* inner = reinterpret_cast<float*>(scratch((size_t)(rows * most_rank) * 4));
    if (!inner) return 1;
    const int64_t parts = (out + COLUMNS - 1) / COLUMNS;
    SharedLoop down(rows * most_rank, 4), up(rows * parts, 1);
    const LoraWeights none{};
    const auto weights_of = [&](int64_t row) -> const LoraWeights& {
        const int32_t slot = slots[row];
        return slot > 0 && slot < held ? weights[slot] : none;
    };
    run_team(threads, [&](int, auto barrier) {
        down.run([&](int64_t index) {
            const int64_t row = index / most_rank, r = index % most_rank;
            const LoraWeights& w = weights_of(row);
            if (r < w.rank) inner[index] = dot(x + row * stride, w.a + r * in, in);
        });
        barrier();
        up.run([&](int64_t index) {
            const int64_t row = index / parts, begin = index % parts * COLUMNS;
            const int64_t end = begin + COLUMNS < out ? begin + COLUMNS : out;
            const LoraWeights& w = weights_of(row);
            if (!w.rank) return;
            for (int64_t column = begin; column < end; column += LANES) {
                const int width = end - column < LANES ? (int)(end - column) : LANES;
                Float sum = splat(0.0f);
                for (int64_t r = 0; r < w.rank; r++)
                    sum = fma(load_first(w.b + r * out + column, width),
                              splat(inner[row * most_rank + r]), sum);
                float* to = y + row * y_stride + column;
                store_first(to, fma(sum, splat(w.scale), load_first(to, width)), width);
            }
        });
    });
    return 0;
}
}
#pragma GCC visibility pop
