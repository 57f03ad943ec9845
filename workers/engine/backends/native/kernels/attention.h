// Pool of one layer, its blocks, and the rows of a step.
//
// A block holds 32 positions of one sequence: for each head the keys transposed, [D][32], so that
// scores are vectors over positions, then the values, [32][D]. Numbers are fp32 or half-precision.
#pragma once

#include "simd.h"
#include "team.h"

constexpr int BLOCK = 32;
constexpr int BLOCK_VECTORS = BLOCK / LANES;

// Rows that share a pass over keys, and over values: as many sums as the registers hold.
constexpr int SCORE_ROWS = LANES == 16 ? 12 : LANES == 8 ? 3 : REGISTERS == 32 ? 3 : 1;
constexpr int VALUE_ROWS = LANES == 16 ? 6 : 3;
constexpr int VALUE_VECTORS = LANES == 4 && REGISTERS == 16 ? 2 : 4;

// `count` consecutive rows of a step, from `row`, that are positions start .. start + count of one
// sequence; its blocks begin at `table` in the step's list of block numbers.
struct Span {
    int32_t row, count, start, table;
};

// Rows first .. first + count of a span, which one thread attends for one head.
struct QueryTile {
    int32_t span, first, count, padding;
};

struct AttentionShape {
    int64_t heads, head_dim, rotary_pairs;
    int64_t halves;          // whether the pool holds half-precision numbers
    const float* rotations;  // [positions][rotary_pairs][2]: cos, sin

    int64_t half() const { return head_dim * BLOCK; }          // keys or values of one head
    int64_t block() const { return heads * 2 * half(); }
};

struct AttentionStep {
    const Span* spans;
    const int32_t* tables;
    const QueryTile* tiles;
    int64_t span_count, tile_count;
    int64_t rows;             // sum of the spans' counts
    int64_t longest;          // most positions that a row attends to
    int64_t decodes;          // whether every span is one row
};
