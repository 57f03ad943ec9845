// The inner loops of a product: R rows by one panel of 32 outputs over one block of inputs.
//
// For each row and output the products of a block are summed in the order of the inputs, from zero,
// and then added to the sum of the blocks before. That order is the same in every tile, so a row's
// result does not depend on how many rows share its tile.
#pragma once

#include "weights.h"

// Rows of a tile: their sums, one vector of weights or all of them, and one activation fill the
// registers.
constexpr int TILE_ROWS = LANES == 16 ? 14 : LANES == 8 ? 3 : REGISTERS == 32 ? 3 : 1;

// Rows of a block lie this far apart; the odd end keeps them out of the same cache sets.
constexpr int FLOAT_PITCH = GROUP + 16;
constexpr int BYTE_PITCH = GROUP + 64;

struct TileTask {
    const uint8_t* weights;  // a block without its scales
    const float* output_scales;  // int8: [PANEL]
    const float* rows;       // fp32 [R][FLOAT_PITCH]
    const int8_t* bytes;     // or their int8 [R][BYTE_PITCH] ...
    const float* scales;     // ... with a scale and a starting sum for each row
    const int32_t* starts;
    int k;
    float* sums;             // [R][PANEL], zero before the first block
    const uint8_t* ahead;    // what to fetch into the cache meanwhile ...
    int ahead_step;          // ... and how far to go for each input read (four, if bytes)
};

template <Kind KIND>
INLINE void load_weights(const uint8_t* from, Float (&w)[VECTORS]) {
    if constexpr (KIND == FLOAT32) {
        for (int v = 0; v < VECTORS; v++) w[v] = load<Float>(from + v * LANES * 4);
    } else if constexpr (KIND == BFLOAT16) {
        for (int v = 0; v < VECTORS / 2; v++) {
            const Word both = load<Word>(from + v * LANES * 4);
            w[v] = (Float)(both << 16);
            w[v + VECTORS / 2] = (Float)(both & (Word)splat_int((int32_t)0xffff0000));
        }
    } else if constexpr (KIND == FLOAT16) {
        for (int v = 0; v < VECTORS; v++) w[v] = load_halves(from + v * LANES * 2);
    } else {
        for (int v = 0; v < VECTORS; v++) {
            typedef int8_t Bytes __attribute__((vector_size(LANES)));
            w[v] = to_float(__builtin_convertvector(load<Bytes>(from + v * LANES), Int));
        }
    }
}

template <int COUNT>
INLINE void fetch(const uint8_t* from) {
    for (int line = 0; line < COUNT; line++) __builtin_prefetch(from + line * 64, 0, 2);
}

// SCALED: the sums of a block are multiplied by the outputs' scales.
template <Kind KIND, bool SCALED, int R>
void float_tile(const TileTask& given) {
    const TileTask task = given;  // not read again after each store
    constexpr int STEP = PANEL * bytes_per_weight(KIND);
    const uint8_t* weights = task.weights;
    const uint8_t* ahead = task.ahead;
    Float sum[R][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) sum[r][v] = splat(0.0f);
    for (int i = 0; i < task.k; i++) {
        Float w[VECTORS];
        load_weights<KIND>(weights, w);
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
            const Float x = splat(task.rows[r * FLOAT_PITCH + i]);
#pragma GCC unroll 8
            for (int v = 0; v < VECTORS; v++) sum[r][v] = fma(w[v], x, sum[r][v]);
        }
        fetch<(STEP + 63) / 64>(ahead);
        ahead += task.ahead_step;
        weights += STEP;
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            float* place = task.sums + r * PANEL + v * LANES;
            const Float before = load<Float>(place);
            if constexpr (SCALED)
                store(place, fma(sum[r][v], load<Float>(task.output_scales + v * LANES), before));
            else
                store(place, before + sum[r][v]);
        }
}

#if DOT_BYTES

// sum + the products of four unsigned with four signed bytes, in each lane; exact.
INLINE Int dot_bytes(Int sum, Int weights, Int x) {
#if defined(WIDE_512)
    return (Int)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)weights, (__m512i)x);
#elif defined(__AVXVNNI__)
    return (Int)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)weights, (__m256i)x);
#else
    return (Int)_mm256_dpbusd_epi32((__m256i)sum, (__m256i)weights, (__m256i)x);
#endif
}

// Weights are q + 128 >= 1, so 128 times the row's sum is taken off at the start (`starts`). Sums of
// a block stay below 2^24 and become fp32 exactly.
template <int R>
void byte_tile(const TileTask& given) {
    const TileTask task = given;
    const uint8_t* weights = task.weights;
    const uint8_t* ahead = task.ahead;
    Int sum[R][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) sum[r][v] = splat_int(task.starts[r]);
    for (int i = 0; i < task.k; i += 4) {
        Int w[VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) w[v] = load<Int>(weights + v * LANES * 4);
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
            int32_t four;
            std::memcpy(&four, task.bytes + r * BYTE_PITCH + i, 4);
            const Int x = splat_int(four);
#pragma GCC unroll 8
            for (int v = 0; v < VECTORS; v++) sum[r][v] = dot_bytes(sum[r][v], w[v], x);
        }
        fetch<2>(ahead);
        ahead += task.ahead_step;
        weights += PANEL * 4;
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < VECTORS; v++) {
            float* place = task.sums + r * PANEL + v * LANES;
            const Float before = load<Float>(place);
            const Float scaled = to_float(sum[r][v]) * load<Float>(task.output_scales + v * LANES);
            store(place, fma(scaled, splat(task.scales[r]), before));
        }
}

#endif
