// The inner loops of a product: R rows by one panel of 32 outputs over one block of inputs.
//
// For each row and output the products of a block are summed in the order of the inputs, from zero,
// and then added to the sum of the blocks before. That order is the same in every tile, so a row's
// result does not depend on how many rows share its tile.
#pragma once

#include "weights.h"

// Rows of a tile: their sums, the weights and one activation fill the registers.
constexpr int TILE_ROWS = LANES == 16 ? 14 : LANES == 8 ? 6 : 3;

// Vectors of a panel that a tile of so many rows goes over at once. A few rows read a panel from
// front to back, as memory likes it; more of them would not leave registers for all its vectors.
constexpr int vectors_at_once(int rows) {
    return REGISTERS == 32 || rows <= (LANES == 8 ? 3 : 1) ? VECTORS : VECTORS / 2;
}

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

// Which of a panel's vectors is number `v` of a part of the tile's passes: each part takes a vector
// of the panel's first half and its partner in the second, which share bfloat16's words.
template <int V>
constexpr int place_of(int part, int v) {
    return part + v * (VECTORS / V);
}

// The weights of one input, of the outputs of a part.
template <Kind KIND, int V>
INLINE void load_weights(const uint8_t* from, int part, Float (&w)[V]) {
    if constexpr (KIND == FLOAT32) {
        for (int v = 0; v < V; v++) w[v] = load<Float>(from + place_of<V>(part, v) * LANES * 4);
    } else if constexpr (KIND == BFLOAT16) {
        for (int v = 0; v < V / 2; v++) {
            const Word both = load<Word>(from + place_of<V>(part, v) * LANES * 4);
            w[v] = (Float)(both << 16);
            w[v + V / 2] = (Float)(both & (Word)splat_int((int32_t)0xffff0000));
        }
    } else if constexpr (KIND == FLOAT16) {
        for (int v = 0; v < V; v++) w[v] = load_halves(from + place_of<V>(part, v) * LANES * 2);
    } else {
        for (int v = 0; v < V; v++)
            w[v] = to_float(load_bytes(from + place_of<V>(part, v) * LANES));
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
    constexpr int V = vectors_at_once(R), PARTS = VECTORS / V;
    const uint8_t* ahead = task.ahead;
    for (int part = 0; part < PARTS; part++) {
        const uint8_t* weights = task.weights;
        Float sum[R][V];
#pragma GCC unroll 16
        for (int r = 0; r < R; r++)
#pragma GCC unroll 8
            for (int v = 0; v < V; v++) sum[r][v] = splat(0.0f);
        for (int i = 0; i < task.k; i++) {
            Float w[V];
            load_weights<KIND, V>(weights, part, w);
#pragma GCC unroll 16
            for (int r = 0; r < R; r++) {
                const Float x = splat(task.rows[r * FLOAT_PITCH + i]);
#pragma GCC unroll 8
                for (int v = 0; v < V; v++) sum[r][v] = fma(w[v], x, sum[r][v]);
            }
            fetch<(STEP / PARTS + 63) / 64>(ahead);
            ahead += task.ahead_step / PARTS;
            weights += STEP;
        }
#pragma GCC unroll 16
        for (int r = 0; r < R; r++)
#pragma GCC unroll 8
            for (int v = 0; v < V; v++) {
                const int at = place_of<V>(part, v) * LANES;
                float* place = task.sums + r * PANEL + at;
                const Float before = load<Float>(place);
                if constexpr (SCALED)
                    store(place, fma(sum[r][v], load<Float>(task.output_scales + at), before));
                else
                    store(place, before + sum[r][v]);
            }
    }
}

#if INT8_BY != INT8_FLOATS

// What of the weights the products need besides themselves.
INLINE Int magnitude_of(Int weights) {
#if INT8_BY == INT8_SIGN && defined(WIDE_512)
    return (Int)_mm512_abs_epi8((__m512i)weights);
#elif INT8_BY == INT8_SIGN && defined(WIDE_256)
    return (Int)_mm256_abs_epi8((__m256i)weights);
#elif INT8_BY == INT8_SIGN && defined(__x86_64__)
    return (Int)_mm_abs_epi8((__m128i)weights);
#else
    return weights;
#endif
}

// sum + the products of four weights with four signed bytes, in each lane; exact. Where there is no
// instruction for it, magnitudes are multiplied by x with the weights' signs, and two products are at
// most 2 * 127 * 127: nothing saturates in 16 bits.
INLINE Int dot_bytes(Int sum, Int weights, Int magnitudes, Int x) {
#if INT8_BY == INT8_DOT && defined(WIDE_512)
    return (Int)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)weights, (__m512i)x);
#elif INT8_BY == INT8_DOT && defined(__AVXVNNI__)
    return (Int)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)weights, (__m256i)x);
#elif INT8_BY == INT8_DOT
    return (Int)_mm256_dpbusd_epi32((__m256i)sum, (__m256i)weights, (__m256i)x);
#elif defined(WIDE_512)
    const __m512i with_sign = _mm512_mask_sub_epi8(
        (__m512i)x, _mm512_movepi8_mask((__m512i)weights), _mm512_setzero_si512(), (__m512i)x);
    const __m512i pairs = _mm512_maddubs_epi16((__m512i)magnitudes, with_sign);
    return sum + (Int)_mm512_madd_epi16(pairs, _mm512_set1_epi16(1));
#elif defined(WIDE_256)
    const __m256i pairs = _mm256_maddubs_epi16(
        (__m256i)magnitudes, _mm256_sign_epi8((__m256i)x, (__m256i)weights));
    return sum + (Int)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
#elif defined(__x86_64__)
    const __m128i pairs =
        _mm_maddubs_epi16((__m128i)magnitudes, _mm_sign_epi8((__m128i)x, (__m128i)weights));
    return sum + (Int)_mm_madd_epi16(pairs, _mm_set1_epi16(1));
#else
    return (Int)vdotq_s32((int32x4_t)sum, (int8x16_t)weights, (int8x16_t)x);
#endif
}

// DOT: weights are q + 128 >= 1, so 128 times the row's sum is taken off at the start (`starts`).
// Sums of a block stay below 2^24 and become fp32 exactly.
template <int R>
void byte_tile(const TileTask& given) {
    const TileTask task = given;
    constexpr int V = vectors_at_once(R), PARTS = VECTORS / V;
    const uint8_t* ahead = task.ahead;
    for (int part = 0; part < PARTS; part++) {
        const uint8_t* weights = task.weights;
        Int sum[R][V];
#pragma GCC unroll 16
        for (int r = 0; r < R; r++)
#pragma GCC unroll 8
            for (int v = 0; v < V; v++)
                sum[r][v] = splat_int(INT8_BY == INT8_DOT ? task.starts[r] : 0);
        for (int i = 0; i < task.k; i += 4) {
            Int w[V], magnitudes[V];
#pragma GCC unroll 8
            for (int v = 0; v < V; v++) {
                w[v] = load<Int>(weights + place_of<V>(part, v) * LANES * 4);
                magnitudes[v] = magnitude_of(w[v]);
            }
#pragma GCC unroll 16
            for (int r = 0; r < R; r++) {
                const Int x = splat_int(load<int32_t>(task.bytes + r * BYTE_PITCH + i));
#pragma GCC unroll 8
                for (int v = 0; v < V; v++)
                    sum[r][v] = dot_bytes(sum[r][v], w[v], magnitudes[v], x);
            }
            fetch<(PANEL * 4 / PARTS + 63) / 64>(ahead);
            ahead += task.ahead_step / PARTS;
            weights += PANEL * 4;
        }
#pragma GCC unroll 16
        for (int r = 0; r < R; r++)
#pragma GCC unroll 8
            for (int v = 0; v < V; v++) {
                const int at = place_of<V>(part, v) * LANES;
                float* place = task.sums + r * PANEL + at;
                const Float before = load<Float>(place);
                const Float scaled = to_float(sum[r][v]) * load<Float>(task.output_scales + at);
                store(place, fma(scaled, splat(task.scales[r]), before));
            }
    }
}

#endif
