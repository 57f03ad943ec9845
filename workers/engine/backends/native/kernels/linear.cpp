// y = x W^T + b over rows, with GELU and a residual added on the way out.
#include <array>
#include <utility>

#include "tiles.h"

namespace {

constexpr int64_t CHUNK_ROWS = 256;   // rows that go over the weights together
constexpr int MOST_PANELS = 8;        // panels that a thread takes at once
constexpr int AHEAD_BYTES = 4096;     // how far a lone tile fetches before its own reading

struct Output {
    const float* bias;       // or null
    int64_t gelu_from;       // first column that passes GELU; `out` for none
    const float* residual;   // or null; [rows, out] by residual_stride
    int64_t residual_stride;
    float* y;
    int64_t stride;
};

// Activations of one chunk, by blocks of inputs: for each block its rows, one after another.
struct Staged {
    int64_t rows;
    float* floats;
    int8_t* bytes;
    float* scales;
    int32_t* starts;         // DOT: -128 times a row's sum
};

using Tile = void (*)(const TileTask&);

template <Kind KIND, bool SCALED, int... R>
constexpr std::array<Tile, sizeof...(R)> tiles_of(std::integer_sequence<int, R...>) {
#if INT8_BY != INT8_FLOATS
    if constexpr (KIND == INT8) return {byte_tile<R + 1>...};
#endif
    if constexpr (KIND != INT8 || INT8_BY == INT8_FLOATS)
        return {float_tile<KIND, SCALED, R + 1>...};
}

// By the number of rows less one.
template <Kind KIND, bool SCALED>
constexpr auto TILES = tiles_of<KIND, SCALED>(std::make_integer_sequence<int, TILE_ROWS>());

// Weights of a block as fp32 [k][32]; int8's scales stay out.
template <Kind KIND>
void expand(const uint8_t* weights, int k, float* to) {
    for (int i = 0; i < k; i++) {
        Float w[VECTORS];
        load_weights<KIND>(weights + i * PANEL * bytes_per_weight(KIND), 0, w);
        for (int v = 0; v < VECTORS; v++) store(to + i * PANEL + v * LANES, w[v]);
    }
}

void stage_floats(const Shape& shape, const float* x, int64_t stride, int64_t row,
                  const Staged& staged) {
    for (int64_t group = 0; group < shape.groups(); group++)
        std::memcpy(staged.floats + (group * staged.rows + row) * FLOAT_PITCH,
                    x + row * stride + group * GROUP, (size_t)shape.group_size(group) * 4);
}

// To int8 with one scale for each row and block: the largest magnitude becomes 127.
void stage_bytes(const Shape& shape, const float* x, int64_t stride, int64_t row,
                 const Staged& staged) {
    for (int64_t group = 0; group < shape.groups(); group++) {
        const int k = shape.group_size(group);
        const float* from = x + row * stride + group * GROUP;
        const int64_t at = group * staged.rows + row;
        int8_t* to = staged.bytes + at * BYTE_PITCH;
        // Compared as integers: NaN is above infinity, so what is not finite shows.
        Int most = splat_int(0);
        for (int i = 0; i < k; i += LANES) {
            const Float v = k - i >= LANES ? load<Float>(from + i) : load_first(from + i, k - i);
            const Int bits = (Int)v & splat_int(0x7fffffff);
            most = (Int)select(bits > most, (Float)bits, (Float)most);
        }
        int32_t largest_bits = 0;
        for (int lane = 0; lane < LANES; lane++)
            if (most[lane] > largest_bits) largest_bits = most[lane];
        float largest;
        std::memcpy(&largest, &largest_bits, 4);
        const bool finite = largest_bits < 0x7f800000;
        const bool usable = finite && largest > 1e-30f;
        const Float inverse = splat(usable ? 127.0f / largest : 0.0f);
        Int total = splat_int(0);
        for (int i = 0; i < k; i += LANES) {
            const int left = k - i;
            const Float v = left >= LANES ? load<Float>(from + i) : load_first(from + i, left);
            Int q = round_to_int(v * inverse);
            if (!usable) q = splat_int(0);
            total += q;
            typedef int8_t Bytes __attribute__((vector_size(LANES)));
            store(to + i, __builtin_convertvector(q, Bytes));
        }
        int32_t sum = 0;
        for (int lane = 0; lane < LANES; lane++) sum += total[lane];
        staged.starts[at] = -128 * sum;
        staged.scales[at] = usable ? largest / 127.0f : finite ? 0.0f : __builtin_nanf("");
    }
}

// sums [rows][PANEL] of one panel -> y
void write_out(const Shape& shape, const Output& output, int64_t panel, int64_t first_row,
               int64_t rows, const float* sums) {
    const int64_t column = panel * PANEL;
    const int columns = (int)(shape.out - column < PANEL ? shape.out - column : PANEL);
    for (int v = 0; v * LANES < columns; v++) {
        const int64_t begin = column + v * LANES;
        const int width = columns - v * LANES < LANES ? columns - v * LANES : LANES;
        const Float bias = output.bias ? load_first(output.bias + begin, width) : splat(0.0f);
        const int64_t plain = output.gelu_from - begin;  // lanes before GELU's first
        const Int active = lane_numbers() >= splat_int((int32_t)(plain > LANES ? LANES : plain));
        for (int64_t r = 0; r < rows; r++) {
            Float value = load<Float>(sums + r * PANEL + v * LANES) + bias;
            if (plain < LANES) value = select(active, gelu(value), value);
            const int64_t row = first_row + r;
            if (output.residual) {
                const float* from = output.residual + row * output.residual_stride + begin;
                value += width == LANES ? load<Float>(from) : load_first(from, width);
            }
            float* to = output.y + row * output.stride + begin;
            if (width == LANES) store(to, value);
            else store_first(to, value, width);
        }
    }
}

template <Kind KIND>
class Product {
  public:
    static constexpr bool BYTES = KIND == INT8 && INT8_BY != INT8_FLOATS;
    // With 8 lanes, widening in each tile costs less than storing the result.
    static constexpr bool EXPANDS = KIND != FLOAT32 && !BYTES && LANES != 8;

    Product(const Shape& shape, const uint8_t* packed, const float* x, int64_t stride,
            const Output& output, int threads)
        : shape_(shape), packed_(packed), x_(x), stride_(stride), output_(output),
          threads_(threads) {}

    bool run(int64_t first, int64_t rows) {
        const int64_t groups = shape_.groups(), panels = shape_.panels();
        // fp32 waits for memory longer, and low tiles read a panel from front to back.
        const int64_t most = KIND == FLOAT32 && LANES == 8 && rows <= 9 ? 3 : TILE_ROWS;
        tiles_ = (rows + most - 1) / most;
        // Several units a thread even out what else the cores do; but a unit of few panels would
        // read many rows' blocks from memory too often.
        const int64_t share = panels / (threads_ * (tiles_ <= 2 ? 6 : 3));
        const int64_t unit = share < 1 ? 1 : share > MOST_PANELS ? MOST_PANELS : share;
        direct_ = rows == 1 && !BYTES;
        expands_ = EXPANDS && tiles_ > 2;

        const size_t staged_rows = (size_t)(groups * rows);
        const size_t data_bytes =
            direct_ ? 0 : round_up(staged_rows * (BYTES ? BYTE_PITCH : FLOAT_PITCH * 4), 64);
        const size_t scale_bytes = BYTES ? round_up(staged_rows * 4, 64) : 0;
        const size_t sums_bytes = (size_t)(unit * rows) * PANEL * 4;
        const size_t own_bytes = sums_bytes + (expands_ ? GROUP * PANEL * 4 : 0);
        char* memory = scratch(data_bytes + 2 * scale_bytes + own_bytes * (size_t)threads_);
        if (!memory) return false;
        staged_.rows = rows;
        staged_.floats = direct_ ? nullptr : reinterpret_cast<float*>(memory);
        staged_.bytes = reinterpret_cast<int8_t*>(memory);
        staged_.scales = reinterpret_cast<float*>(memory + data_bytes);
        staged_.starts = reinterpret_cast<int32_t*>(memory + data_bytes + scale_bytes);
        char* own = memory + data_bytes + 2 * scale_bytes;

        const float* x = x_ + first * stride_;
        const int64_t units = (panels + unit - 1) / unit;
        SharedLoop staging(rows, 1), loop(units, 1);
        run_team(threads_, [&](int thread, auto barrier) {
            if (!direct_) {
                staging.run([&](int64_t row) {
                    if constexpr (BYTES) stage_bytes(shape_, x, stride_, row, staged_);
                    else stage_floats(shape_, x, stride_, row, staged_);
                });
                barrier();
            }
            float* sums = reinterpret_cast<float*>(own + own_bytes * (size_t)thread);
            float* expanded = sums + sums_bytes / 4;
            loop.run([&](int64_t index) {
                const int64_t begin = index * unit;
                const int64_t end = begin + unit < panels ? begin + unit : panels;
                multiply(x, begin, end, sums, expanded);
                for (int64_t panel = begin; panel < end; panel++)
                    write_out(shape_, output_, panel, first, rows,
                              sums + (panel - begin) * rows * PANEL);
            });
        });
        return true;
    }

  private:
    // sums [panels][rows][PANEL] of panels begin .. end. Few rows read a panel from front to back,
    // as memory likes it; many keep one block of the rows in the cache for all the panels.
    void multiply(const float* x, int64_t begin, int64_t end, float* sums, float* expanded) const {
        const int64_t groups = shape_.groups(), panel_sums = staged_.rows * PANEL;
        std::memset(sums, 0, (size_t)((end - begin) * panel_sums) * 4);
        if (tiles_ <= 2) {
            for (int64_t panel = begin; panel < end; panel++)
                for (int64_t group = 0; group < groups; group++)
                    block(x, panel, group, sums + (panel - begin) * panel_sums, expanded,
                          packed_ + shape_.offset(panel, group) +
                              (reads_once() ? AHEAD_BYTES
                                            : block_bytes(KIND, shape_.group_size(group))));
        } else {
            for (int64_t group = 0; group < groups; group++)
                for (int64_t panel = begin; panel < end; panel++) {
                    const bool more = panel + 1 < end;
                    block(x, panel, group, sums + (panel - begin) * panel_sums, expanded,
                          packed_ + (more ? shape_.offset(panel + 1, group)
                                          : shape_.offset(begin, group + 1)));
                }
        }
    }

    // Whether each block of weights is read once and in its order.
    bool reads_once() const {
        return tiles_ == 1 && vectors_at_once((int)staged_.rows) == VECTORS;
    }

    // `next`: weights that are needed soon, of which each tile fetches its part.
    void block(const float* x, int64_t panel, int64_t group, float* sums, float* expanded,
               const uint8_t* next) const {
        TileTask task;
        const uint8_t* packed = packed_ + shape_.offset(panel, group);
        task.weights = packed + (KIND == INT8 ? SCALES_BYTES : 0);
        task.output_scales = reinterpret_cast<const float*>(packed);
        task.k = shape_.group_size(group);
        const int steps = BYTES ? (task.k + 3) / 4 : task.k;
        const int step_bytes = PANEL * (BYTES ? 4 : bytes_per_weight(KIND));
        const int parts = (int)tiles_;
        task.ahead_step = (step_bytes + parts - 1) / parts;
        const std::array<Tile, TILE_ROWS>* tiles = &TILES<KIND, KIND == INT8>;
        if constexpr (EXPANDS) {
            if (expands_) {
                expand<KIND>(task.weights, task.k, expanded);
                task.weights = reinterpret_cast<const uint8_t*>(expanded);
                tiles = &TILES<FLOAT32, KIND == INT8>;
            }
        }
        const int64_t rows = staged_.rows;
        for (int64_t tile = 0; tile < tiles_; tile++) {
            const int64_t row = rows * tile / tiles_, count = rows * (tile + 1) / tiles_ - row;
            const int64_t at = group * rows + row;
            task.rows = direct_ ? x + group * GROUP : staged_.floats + at * FLOAT_PITCH;
            task.bytes = staged_.bytes + at * BYTE_PITCH;
            task.scales = staged_.scales + at;
            task.starts = staged_.starts + at;
            task.sums = sums + row * PANEL;
            task.ahead = next + tile * steps * task.ahead_step;
            (*tiles)[(size_t)count - 1](task);
        }
    }

    const Shape& shape_;
    const uint8_t* packed_;
    const float* x_;
    int64_t stride_;
    const Output& output_;
    int threads_;
    int64_t tiles_ = 0;
    bool direct_ = false;
    bool expands_ = false;
    Staged staged_{};
};

template <Kind KIND>
bool product(const Shape& shape, const uint8_t* packed, const float* x, int64_t stride,
             int64_t rows, const Output& output, int threads) {
    Product<KIND> work(shape, packed, x, stride, output, threads);
    const int64_t chunks = (rows + CHUNK_ROWS - 1) / CHUNK_ROWS;
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        const int64_t first = rows * chunk / chunks;
        if (!work.run(first, rows * (chunk + 1) / chunks - first)) return false;
    }
    return true;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

struct LinearLayer {
    int64_t kind, in, out;
    const uint8_t* packed;
    const float* bias;
};

// y [rows, out] = x [rows, in] W^T + bias; strides in floats. 0, or 1 when there is no memory.
int32_t linear_forward(const LinearLayer* layer, const float* x, int64_t stride, int64_t rows,
                       float* y, int64_t y_stride, int64_t gelu_from, const float* residual,
                       int64_t residual_stride, int32_t threads) {
    const Shape shape{(Kind)layer->kind, layer->in, layer->out};
    const Output output{layer->bias, gelu_from, residual, residual_stride, y, y_stride};
    bool done = false;
    switch (shape.kind) {
        case FLOAT32:
            done = product<FLOAT32>(shape, layer->packed, x, stride, rows, output, threads);
            break;
        case BFLOAT16:
            done = product<BFLOAT16>(shape, layer->packed, x, stride, rows, output, threads);
            break;
        case FLOAT16:
            done = product<FLOAT16>(shape, layer->packed, x, stride, rows, output, threads);
            break;
        case INT8:
            done = product<INT8>(shape, layer->packed, x, stride, rows, output, threads);
            break;
    }
    return done ? 0 : 1;
}
}
#pragma GCC visibility pop
