// Puts a weight into the layout of weights.h, and int8's rounding.
#include "weights.h"

namespace {

float bits_to_float(int32_t bits) {
    float x;
    std::memcpy(&x, &bits, 4);
    return x;
}

// rows [32][GROUP] of fp32, `k` of each in use.
void pack_float32(const float* rows, int k, uint8_t* to) {
    float* place = reinterpret_cast<float*>(to);
    for (int i = 0; i < k; i++)
        for (int column = 0; column < PANEL; column++)
            place[i * PANEL + column] = rows[column * GROUP + i];
}

void pack_int8(const float* rows, int k, uint8_t* to) {
    float inverse[PANEL];
    for (int column = 0; column < PANEL; column++) {
        // Compared as integers, NaN is the largest: a scale of NaN shows it in every product.
        int32_t most = 0;
        for (int i = 0; i < k; i++) {
            int32_t bits;
            std::memcpy(&bits, rows + column * GROUP + i, 4);
            bits &= 0x7fffffff;
            most = bits > most ? bits : most;
        }
        const float largest = bits_to_float(most);
        const bool finite = most < 0x7f800000;
        const float scale = finite ? largest / 127.0f : bits_to_float(0x7fc00000);
        std::memcpy(to + column * 4, &scale, 4);
        inverse[column] = finite && largest > 1e-30f ? 127.0f / largest : 0.0f;
    }
    uint8_t* place = to + SCALES_BYTES;
    for (int i = 0; i < (int)round_up((size_t)k, 4); i++)
        for (int column = 0; column < PANEL; column++) {
            const float x = i < k ? rows[column * GROUP + i] * inverse[column] : 0.0f;
            const int rounded = x == x ? (int)((x + ROUNDER) - ROUNDER) : 0;
            if (INT8_BY == INT8_FLOATS)
                place[i * PANEL + column] = (uint8_t)(int8_t)rounded;
            else
                place[(i / 4 * PANEL + column) * 4 + i % 4] =
                    (uint8_t)(rounded + (INT8_BY == INT8_DOT ? 128 : 0));
        }
}

void pack_halves(const uint16_t* rows, Kind kind, int k, uint8_t* to) {
    uint16_t* place = reinterpret_cast<uint16_t*>(to);
    for (int i = 0; i < k; i++)
        for (int column = 0; column < PANEL; column++) {
            const int at = kind == FLOAT16 ? column : column % 16 * 2 + column / 16;
            place[i * PANEL + at] = rows[column * GROUP + i];
        }
}

template <class Source, class Pack>
void pack(const Shape& shape, const Source* source, int64_t stride, int64_t first, int64_t rows,
          uint8_t* packed, int threads, const Pack& pack_block) {
    const int64_t panels = (rows + PANEL - 1) / PANEL;
    SharedLoop loop(panels, 1);
    run_team(threads, [&](int, auto) {
        Source block[PANEL * GROUP];
        loop.run([&](int64_t panel) {
            for (int64_t group = 0; group < shape.groups(); group++) {
                const int k = shape.group_size(group);
                for (int column = 0; column < PANEL; column++) {
                    const int64_t row = panel * PANEL + column;
                    Source* to = block + column * GROUP;
                    if (row < rows)
                        std::memcpy(to, source + row * stride + group * GROUP, k * sizeof(Source));
                    else
                        std::memset(to, 0, k * sizeof(Source));
                }
                pack_block(block, k, packed + shape.offset(first / PANEL + panel, group));
            }
        });
    });
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int64_t linear_packed_bytes(int32_t kind, int64_t in, int64_t out) {
    const Shape shape{(Kind)kind, in, out};
    return shape.panels() * (int64_t)shape.panel_bytes();
}

// Packs outputs first .. first + rows of a weight [out, in]; `first` is a multiple of 32. `source`
// is their first row: fp32 for float32 and int8, else the 16 bits of the kind itself.
void linear_pack(int32_t kind, int64_t in, int64_t out, const void* source, int64_t stride,
                 int64_t first, int64_t rows, uint8_t* packed, int32_t threads) {
    const Shape shape{(Kind)kind, in, out};
    if (kind == FLOAT32 || kind == INT8)
        pack(shape, static_cast<const float*>(source), stride, first, rows, packed, threads,
             [&](const float* block, int k, uint8_t* to) {
                 if (shape.kind == INT8) pack_int8(block, k, to);
                 else pack_float32(block, k, to);
             });
    else
        pack(shape, static_cast<const uint16_t*>(source), stride, first, rows, packed, threads,
             [&](const uint16_t* block, int k, uint8_t* to) {
                 pack_halves(block, shape.kind, k, to);
             });
}
}
#pragma GCC visibility pop
