// Rotary embedding, cache write and causal attention of one layer.
//
// A row's result depends on its own query and its sequence's keys and values alone, to the bit:
// scores are sums over channels in order, the softmax sums by lane in the order of positions, and
// values are summed position by position, whatever rows share a tile.
#include <algorithm>
#include <array>
#include <utility>

#include "attention.h"

namespace {

// Pairs (2j, 2j + 1) of the first channels turn by the position's angle (GPT-J's interleaved form).
void rotate(const AttentionShape& shape, const float* from, int64_t position, float* to) {
    const float* angle = shape.rotations + position * shape.rotary_pairs * 2;
    int64_t channel = 0;
    for (; channel < shape.rotary_pairs * 2; channel += 2) {
        const float a = from[channel], b = from[channel + 1];
        const float cosine = angle[channel], sine = angle[channel + 1];
        to[channel] = a * cosine - b * sine;
        to[channel + 1] = a * sine + b * cosine;
    }
    for (; channel < shape.head_dim; channel++) to[channel] = from[channel];
}

// What the pool holds: float, or uint16_t for half-precision numbers.
INLINE Float widen(const float* from) { return load<Float>(from); }
INLINE Float widen(const uint16_t* from) { return load_halves(from); }

template <class Stored>
INLINE Float widen_first(const Stored* from, int count) {
    Stored lanes[LANES] = {};
    std::memcpy(lanes, from, (size_t)count * sizeof(Stored));
    return widen(lanes);
}

void narrow(const float* from, int64_t count, float* to) {
    std::memcpy(to, from, (size_t)count * 4);
}

void narrow(const float* from, int64_t count, uint16_t* to) {
    int64_t i = 0;
#if defined(WIDE_512)
    // In this order of operands a NaN passes.
    const __m512 most = _mm512_set1_ps(65504.0f), least = _mm512_set1_ps(-65504.0f);
    for (; i + 16 <= count; i += 16) {
        const __m512 x = _mm512_max_ps(least, _mm512_min_ps(most, _mm512_loadu_ps(from + i)));
        store(to + i, _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    }
#elif defined(WIDE_256) && defined(__F16C__)
    const __m256 most = _mm256_set1_ps(65504.0f), least = _mm256_set1_ps(-65504.0f);
    for (; i + 8 <= count; i += 8) {
        const __m256 x = _mm256_max_ps(least, _mm256_min_ps(most, _mm256_loadu_ps(from + i)));
        store(to + i, _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
    }
#endif
    for (; i < count; i++) to[i] = to_half(from[i]);
}

// scores [R][pitch] of one block: queries [D][R], keys [D][32].
template <class Stored, int R>
void score_block(const float* queries, const Stored* keys, int64_t dim, float* scores,
                 int64_t pitch) {
    Float sum[R][BLOCK_VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < BLOCK_VECTORS; v++) sum[r][v] = splat(0.0f);
    for (int64_t channel = 0; channel < dim; channel++) {
        Float k[BLOCK_VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < BLOCK_VECTORS; v++)
            k[v] = widen(keys + channel * BLOCK + v * LANES);
#pragma GCC unroll 16
        for (int r = 0; r < R; r++) {
            const Float q = splat(queries[channel * R + r]);
#pragma GCC unroll 8
            for (int v = 0; v < BLOCK_VECTORS; v++) sum[r][v] = fma(k[v], q, sum[r][v]);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < BLOCK_VECTORS; v++)
            store(scores + r * pitch + v * LANES, sum[r][v]);
}

// Values of one head: where block `b` of a sequence has them.
template <class Stored>
struct Values {
    const Stored* pool;       // of the head
    const int32_t* table;
    int64_t block, dim;

    const Stored* of(int64_t b) const { return pool + table[b] * block; }
};

// sums [R][V * LANES] += weights [R][pitch] times values of positions begin .. end, for V vectors of
// channels; the last vector has `width` channels.
template <class Stored, int R, int V, bool WHOLE>
void add_values(const Values<Stored>& values, int64_t channel, int width, const float* weights,
                int64_t pitch, int64_t begin, int64_t end, float* sums) {
    Float sum[R][V];
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) sum[r][v] = load<Float>(sums + (r * V + v) * LANES);
    for (int64_t position = begin; position < end;) {
        const int64_t b = position / BLOCK;
        const int64_t stop = (b + 1) * BLOCK < end ? (b + 1) * BLOCK : end;
        const Stored* row = values.of(b) + (position - b * BLOCK) * values.dim + channel;
        for (; position < stop; position++, row += values.dim) {
            Float x[V];
#pragma GCC unroll 8
            for (int v = 0; v < V; v++)
                x[v] = WHOLE ? widen(row + v * LANES) : widen_first(row + v * LANES, width);
#pragma GCC unroll 16
            for (int r = 0; r < R; r++) {
                const Float w = splat(weights[r * pitch + position]);
#pragma GCC unroll 8
                for (int v = 0; v < V; v++) sum[r][v] = fma(x[v], w, sum[r][v]);
            }
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) store(sums + (r * V + v) * LANES, sum[r][v]);
}

template <class Stored>
using Score = void (*)(const float*, const Stored*, int64_t, float*, int64_t);
template <class Stored>
using AddValues = void (*)(const Values<Stored>&, int64_t, int, const float*, int64_t, int64_t,
                           int64_t, float*);

template <class Stored, int... R>
constexpr std::array<Score<Stored>, sizeof...(R)> scores_of(std::integer_sequence<int, R...>) {
    return {score_block<Stored, R + 1>...};
}
template <class Stored>
constexpr auto SCORES = scores_of<Stored>(std::make_integer_sequence<int, SCORE_ROWS>());

template <class Stored, int V, bool WHOLE, int... R>
constexpr std::array<AddValues<Stored>, sizeof...(R)> values_of(std::integer_sequence<int, R...>) {
    return {add_values<Stored, R + 1, V, WHOLE>...};
}
using ValueRows = std::make_integer_sequence<int, VALUE_ROWS>;
template <class Stored>
constexpr auto WIDE_VALUES = values_of<Stored, VALUE_VECTORS, true>(ValueRows());
template <class Stored>
constexpr auto ONE_VECTOR = values_of<Stored, 1, true>(ValueRows());
template <class Stored>
constexpr auto PART_VECTOR = values_of<Stored, 1, false>(ValueRows());

// scores [count] -> e^(score - maximum), and the sum of these. Lanes behind count are left alone.
float soften(float* scores, int64_t count) {
    const int64_t whole = count / LANES * LANES;
    const int rest = (int)(count - whole);
    const Int inside = lane_numbers() < splat_int(rest);
    const Float lowest = splat(-__builtin_inff());
    Float most = lowest;
    for (int64_t i = 0; i < whole; i += LANES) {
        const Float x = load<Float>(scores + i);
        most = select(x > most, x, most);
    }
    if (rest) {
        const Float x = select(inside, load<Float>(scores + whole), lowest);
        most = select(x > most, x, most);
    }
    float maximum = most[0];
    for (int lane = 1; lane < LANES; lane++) maximum = most[lane] > maximum ? most[lane] : maximum;
    const Float shift = splat(maximum);
    Float sum = splat(0.0f);
    for (int64_t i = 0; i < whole; i += LANES) {
        const Float x = exponential(load<Float>(scores + i) - shift);
        store(scores + i, x);
        sum += x;
    }
    if (rest) {
        const Float x = exponential(load<Float>(scores + whole) - shift);
        store(scores + whole, x);
        sum += select(inside, x, splat(0.0f));
    }
    return sum_lanes(sum);
}

template <class Stored>
class Layer {
  public:
    Layer(const AttentionShape& shape, Stored* pool, float* wide, int64_t stride,
          const AttentionStep& step)
        : shape_(shape), pool_(pool), wide_(wide), stride_(stride), step_(step),
          width_(shape.heads * shape.head_dim),
          pitch_((int64_t)round_up((size_t)step.longest, BLOCK) + LANES),
          scale_(1.0f / __builtin_sqrtf((float)shape.head_dim)) {}

    // Floats of scratch that a thread needs.
    size_t scratch_size() const {
        return (size_t)(SCORE_ROWS * (pitch_ + shape_.head_dim) + 2 * shape_.head_dim +
                        VALUE_ROWS * VALUE_VECTORS * LANES);
    }

    // Stores the rotated key and the value of a span's row.
    void write(const Span& span, int64_t index, int64_t head, float* scratch) const {
        const int64_t position = span.start + index, dim = shape_.head_dim;
        const int64_t slot = position % BLOCK;
        Stored* keys = head_of(step_.tables[span.table + position / BLOCK], head);
        Stored* values = keys + shape_.half();
        Stored* key = reinterpret_cast<Stored*>(scratch + dim);
        const float* row = wide_ + (span.row + index) * stride_ + head * dim;
        rotate(shape_, row + width_, position, scratch);
        narrow(scratch, dim, key);
        for (int64_t channel = 0; channel < dim; channel++)
            keys[channel * BLOCK + slot] = key[channel];
        narrow(row + 2 * width_, dim, values + slot * dim);
    }

    void attend(const QueryTile& tile, int64_t head, float* scratch) const {
        const Span& span = step_.spans[tile.span];
        const int64_t dim = shape_.head_dim, count = tile.count;
        const int64_t row = span.row + tile.first, position = span.start + tile.first;
        const int32_t* table = step_.tables + span.table;
        float* scores = scratch;
        float* queries = scores + SCORE_ROWS * pitch_;
        float* rotated = queries + SCORE_ROWS * dim;
        float* sums = rotated + dim;

        for (int64_t r = 0; r < count; r++) {
            rotate(shape_, wide_ + (row + r) * stride_ + head * dim, position + r, rotated);
            for (int64_t channel = 0; channel < dim; channel++)
                queries[channel * count + r] = rotated[channel] * scale_;
        }
        const int64_t last = position + count;  // positions that the last row attends to
        for (int64_t b = 0; b * BLOCK < last; b++)
            SCORES<Stored>[(size_t)count - 1](queries, head_of(table[b], head), dim, scores + b * BLOCK,
                                              pitch_);
        float inverse[SCORE_ROWS];
        for (int64_t r = 0; r < count; r++)
            inverse[r] = 1.0f / soften(scores + r * pitch_, position + r + 1);

        const Values<Stored> values{head_of(0, head) + shape_.half(), table, shape_.block(), dim};
        const int64_t parts = (count + VALUE_ROWS - 1) / VALUE_ROWS;
        for (int64_t part = 0; part < parts; part++) {
            const int64_t first = count * part / parts;
            const int64_t rows = count * (part + 1) / parts - first;
            for (int64_t channel = 0; channel < dim;) {
                const int64_t left = dim - channel;
                const int width = left >= VALUE_VECTORS * LANES ? VALUE_VECTORS * LANES
                                  : left >= LANES               ? LANES
                                                                : (int)left;
                sum_values(values, channel, width, scores + first * pitch_, rows,
                           position + first + 1, sums);
                const int64_t pitch = (int64_t)round_up((size_t)width, LANES);
                for (int64_t r = 0; r < rows; r++) {
                    float* to = wide_ + (row + first + r) * stride_ + 2 * width_ + head * dim;
                    for (int c = 0; c < width; c++)
                        to[channel + c] = sums[r * pitch + c] * inverse[first + r];
                }
                channel += width;
            }
        }
    }

  private:
    Stored* head_of(int64_t block, int64_t head) const {
        return pool_ + block * shape_.block() + head * 2 * shape_.half();
    }

    // Row r attends to the first `common` + r positions: all rows of the tile together to those that
    // they share, then each for itself, so that none ever touches a later position's value.
    void sum_values(const Values<Stored>& values, int64_t channel, int width, const float* weights,
                    int64_t rows, int64_t common, float* sums) const {
        const auto& tiles = width > LANES    ? WIDE_VALUES<Stored>
                            : width == LANES ? ONE_VECTOR<Stored>
                                             : PART_VECTOR<Stored>;
        const int64_t pitch = (int64_t)round_up((size_t)width, LANES);
        std::memset(sums, 0, (size_t)(rows * pitch) * 4);
        tiles[(size_t)rows - 1](values, channel, width, weights, pitch_, 0, common, sums);
        for (int64_t r = 1; r < rows; r++)
            tiles[0](values, channel, width, weights + r * pitch_, pitch_, common, common + r,
                     sums + r * pitch);
    }

    const AttentionShape& shape_;
    Stored* pool_;
    float* wide_;
    const int64_t stride_;
    const AttentionStep& step_;
    const int64_t width_;
    const int64_t pitch_;
    const float scale_;
};

template <class Stored>
bool run_layer(const AttentionShape& shape, Stored* pool, float* wide, int64_t stride,
               const AttentionStep& step, int32_t threads) {
    const Layer<Stored> layer(shape, pool, wide, stride, step);
    const size_t size = round_up(layer.scratch_size(), 16);
    const int64_t heads = shape.heads, items = step.tile_count * heads;
    if (items < threads) threads = (int32_t)items;
    float* memory = reinterpret_cast<float*>(scratch(size * 4 * (size_t)threads));
    if (!memory) return false;
    SharedLoop writing(step.span_count * heads, 1);
    SharedLoop attending(items, step.decodes && items > 16 * threads ? 4 : 1);
    run_team(threads, [&](int thread, auto barrier) {
        float* own = memory + size * (size_t)thread;
        if (!step.decodes) {
            writing.run([&](int64_t index) {
                const Span& span = step.spans[index / heads];
                for (int64_t row = 0; row < span.count; row++)
                    layer.write(span, row, index % heads, own);
            });
            barrier();
        }
        attending.run([&](int64_t index) {
            const QueryTile& tile = step.tiles[index / heads];
            // A span of one row is read by none but its own tile, so it needs no barrier.
            if (step.decodes) layer.write(step.spans[tile.span], 0, index % heads, own);
            layer.attend(tile, index % heads, own);
        });
    });
    return true;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

// Cuts spans into tiles, those with most to compute first, so that no thread is left with a long one
// at the end. `tiles` has room for one a row. Returns how many there are.
int64_t attention_plan(const Span* spans, int64_t count, QueryTile* tiles) {
    int64_t made = 0;
    for (int64_t index = 0; index < count; index++) {
        const int64_t rows = spans[index].count, parts = (rows + SCORE_ROWS - 1) / SCORE_ROWS;
        for (int64_t part = 0; part < parts; part++) {
            const int64_t first = rows * part / parts;
            const int64_t end = rows * (part + 1) / parts;
            tiles[made++] = {(int32_t)index, (int32_t)first, (int32_t)(end - first), 0};
        }
    }
    const auto work = [&](const QueryTile& tile) {
        return (int64_t)(spans[tile.span].start + tile.first + tile.count) * (tile.count + 2);
    };
    std::stable_sort(tiles, tiles + made, [&](const QueryTile& left, const QueryTile& right) {
        return work(left) > work(right);
    });
    return made;
}

// wide [rows, >= 3 * heads * head_dim], columns q, k, v: keys and values go into the pool, and the
// result over v's columns. 0, or 1 when there is no memory.
int32_t attention_layer(const AttentionShape* shape, void* pool, float* wide, int64_t stride,
                        const AttentionStep* step, int32_t threads) {
    const bool done =
        shape->halves
            ? run_layer(*shape, static_cast<uint16_t*>(pool), wide, stride, *step, threads)
            : run_layer(*shape, static_cast<float*>(pool), wide, stride, *step, threads);
    return done ? 0 : 1;
}
}
#pragma GCC visibility pop
