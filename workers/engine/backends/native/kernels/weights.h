// How a weight [out, in] lies in memory.
//
// It is cut into panels of 32 outputs, and a panel into blocks of 256 inputs (the last may be
// shorter); blocks lie one after another in the order in which a panel is read. In a block the
// outputs of one input are together:
//   float32   [k][32]
//   bfloat16  [k][16] words of 32 bits: outputs j (low half) and j + 16 (high half), so that a shift
//             and a mask make two vectors of fp32 of one load
//   float16   [k][32]
//   int8      32 fp32 scales, one for each output and block, then, by what multiplies (INT8_BY):
//             DOT     [k/4][32][4] as q + 128: four unsigned by four signed bytes in one instruction
//             SIGN    [k/4][32][4] as q: |q| by the activation with q's sign, in two instructions
//             FLOATS  [k][32] as q: they become fp32 first
//             q in -127..127, weight = q * scale
// Outputs that a last panel lacks are zero.
#pragma once

#include "simd.h"
#include "team.h"

#define INT8_FLOATS 0
#define INT8_DOT 1
#define INT8_SIGN 2

#if defined(WIDE_512) && defined(__AVX512VNNI__)
#define INT8_BY INT8_DOT
#elif defined(WIDE_256) && (defined(__AVXVNNI__) || (defined(__AVX512VNNI__) && defined(__AVX512VL__)))
#define INT8_BY INT8_DOT
#elif defined(__SSSE3__) || defined(__ARM_FEATURE_DOTPROD)
#define INT8_BY INT8_SIGN
#else
#define INT8_BY INT8_FLOATS
#endif

enum Kind : int32_t { FLOAT32 = 0, BFLOAT16 = 1, FLOAT16 = 2, INT8 = 3 };

#ifndef GROUP_SIZE
#define GROUP_SIZE 256
#endif

constexpr int PANEL = 32;
constexpr int GROUP = GROUP_SIZE;
constexpr int VECTORS = PANEL / LANES;
constexpr int SCALES_BYTES = PANEL * 4;

constexpr int bytes_per_weight(Kind kind) { return kind == FLOAT32 ? 4 : kind == INT8 ? 1 : 2; }

constexpr size_t block_bytes(Kind kind, int k) {
    return kind == INT8 ? SCALES_BYTES + round_up((size_t)k, 4) * PANEL
                        : (size_t)k * PANEL * bytes_per_weight(kind);
}

struct Shape {
    Kind kind;
    int64_t in;
    int64_t out;

    int64_t panels() const { return (out + PANEL - 1) / PANEL; }
    int64_t groups() const { return (in + GROUP - 1) / GROUP; }
    int group_size(int64_t group) const {
        const int64_t left = in - group * GROUP;
        return (int)(left < GROUP ? left : GROUP);
    }
    size_t panel_bytes() const {
        return (size_t)(groups() - 1) * block_bytes(kind, GROUP) +
               block_bytes(kind, group_size(groups() - 1));
    }
    size_t offset(int64_t panel, int64_t group) const {
        return (size_t)panel * panel_bytes() + (size_t)group * block_bytes(kind, GROUP);
    }
};
