// Low-rank additions of many adapters in one call: y[n] += scale B (A x[n]) by the row's own slot.
#include "simd.h"
#include "team.h"

namespace {

constexpr int64_t COLUMNS = 512;  // outputs that a thread takes at once
constexpr int64_t ROWS = 4;       // neighbours with one adapter read it together

// Sum of x[i] a[i]: four vectors of partial sums, put together in one order.
float dot(const float* x, const float* a, int64_t size) {
    Float sum[4] = {splat(0.0f), splat(0.0f), splat(0.0f), splat(0.0f)};
    int64_t i = 0;
    for (; i + 4 * LANES <= size; i += 4 * LANES)
        for (int v = 0; v < 4; v++)
            sum[v] = fma(load<Float>(x + i + v * LANES), load<Float>(a + i + v * LANES), sum[v]);
    for (; i + LANES <= size; i += LANES)
        sum[0] = fma(load<Float>(x + i), load<Float>(a + i), sum[0]);
    if (i < size) {
        const int width = (int)(size - i);
        sum[0] = fma(load_first(x + i, width), load_first(a + i, width), sum[0]);
    }
    return sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

// y [R][columns] += scale times the sum over ranks of inner [R][pitch] by b [rank][out]. Each output
// is summed in the order of the ranks, whatever R is.
template <int R>
void expand(const float* b, int64_t rank, int64_t out, const float* inner, int64_t pitch, float scale,
            float* y, int64_t stride, int64_t columns) {
    const Float by = splat(scale);
    int64_t column = 0;
    for (; column + 2 * LANES <= columns; column += 2 * LANES) {
        Float sum[R][2];
        for (int n = 0; n < R; n++) sum[n][0] = sum[n][1] = splat(0.0f);
        for (int64_t r = 0; r < rank; r++) {
            const Float left = load<Float>(b + r * out + column);
            const Float right = load<Float>(b + r * out + column + LANES);
            for (int n = 0; n < R; n++) {
                const Float x = splat(inner[n * pitch + r]);
                sum[n][0] = fma(left, x, sum[n][0]);
                sum[n][1] = fma(right, x, sum[n][1]);
            }
        }
        for (int n = 0; n < R; n++)
            for (int v = 0; v < 2; v++) {
                float* to = y + n * stride + column + v * LANES;
                store(to, fma(sum[n][v], by, load<Float>(to)));
            }
    }
    for (; column < columns; column += LANES) {
        const int width = columns - column < LANES ? (int)(columns - column) : LANES;
        for (int n = 0; n < R; n++) {
            Float sum = splat(0.0f);
            for (int64_t r = 0; r < rank; r++)
                sum = fma(load_first(b + r * out + column, width), splat(inner[n * pitch + r]), sum);
            float* to = y + n * stride + column;
            store_first(to, fma(sum, by, load_first(to, width)), width);
        }
    }
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
    const int64_t parts = (out + COLUMNS - 1) / COLUMNS, tiles = (rows + ROWS - 1) / ROWS;
    SharedLoop down(rows * most_rank, 4), up(tiles * parts, 1);
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
            const int64_t first = index / parts * ROWS, begin = index % parts * COLUMNS;
            const int64_t last = first + ROWS < rows ? first + ROWS : rows;
            const int64_t columns = out - begin < COLUMNS ? out - begin : COLUMNS;
            bool alike = last - first == ROWS;
            for (int64_t row = first + 1; row < last; row++) alike &= slots[row] == slots[first];
            for (int64_t row = first; row < last; row += alike ? ROWS : 1) {
                const LoraWeights& w = weights_of(row);
                if (!w.rank) continue;
                const auto add = alike ? expand<ROWS> : expand<1>;
                add(w.b + begin, w.rank, out, inner + row * most_rank, most_rank, w.scale,
                    y + row * y_stride + begin, y_stride, columns);
            }
        });
    });
    return 0;
}
}
#pragma GCC visibility pop
