// Vectors of fp32 in the widest form that the target has, and the arithmetic on them.
//
// Everything is written with the vector extensions that GCC and clang share; intrinsics are where
// these have no name for an instruction. Contraction is off (-ffp-contract=off): an operation is
// fused where `fma` says so and nowhere else, so every tile size of a kernel rounds alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define WIDE_512 1
constexpr int LANES = 16;
#elif defined(__AVX2__) && defined(__FMA__)
#define WIDE_256 1
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif

// 512 and 256 bits: 32 and 16 registers; 128 bits: 32 of them on aarch64, 16 on x86-64.
#if defined(WIDE_512) || defined(__aarch64__)
constexpr int REGISTERS = 32;
#else
constexpr int REGISTERS = 16;
#endif

typedef float Float __attribute__((vector_size(LANES * 4)));
typedef int32_t Int __attribute__((vector_size(LANES * 4)));
typedef uint32_t Word __attribute__((vector_size(LANES * 4)));

template <class V>
INLINE V load(const void* from) {
    V v;
    std::memcpy(&v, from, sizeof v);
    return v;
}

template <class V>
INLINE void store(void* to, V v) {
    std::memcpy(to, &v, sizeof v);
}

INLINE Float splat(float x) {
#if defined(WIDE_512)
    return (Float)_mm512_set1_ps(x);
#elif defined(WIDE_256)
    return (Float)_mm256_set1_ps(x);
#elif defined(__x86_64__)
    return (Float)_mm_set1_ps(x);
#else
    return Float{x, x, x, x};
#endif
}

INLINE Int splat_int(int32_t x) {
    float bits;
    std::memcpy(&bits, &x, 4);
    return (Int)splat(bits);
}

// a * b + c: rounded once where the target can, twice where it cannot.
INLINE Float fma(Float a, Float b, Float c) {
#if defined(WIDE_512)
    return (Float)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(WIDE_256)
    return (Float)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
    return (Float)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b + c;
#endif
}

INLINE Float to_float(Int x) { return __builtin_convertvector(x, Float); }

INLINE Float select(Int condition, Float yes, Float no) {
    return (Float)((condition & (Int)yes) | (~condition & (Int)no));
}

INLINE Int lane_numbers() {
    Int v;
    for (int lane = 0; lane < LANES; lane++) v[lane] = lane;
    return v;
}

// The first `count` lanes from memory, zeros behind them; nothing beyond is read.
INLINE Float load_first(const float* from, int count) {
    Float v = splat(0.0f);
    std::memcpy(&v, from, (size_t)count * 4);
    return v;
}

INLINE void store_first(float* to, Float v, int count) { std::memcpy(to, &v, (size_t)count * 4); }

// LANES half-precision numbers, widened.
INLINE Float load_halves(const void* from) {
#if defined(WIDE_512)
    return (Float)_mm512_cvtph_ps(load<__m256i>(from));
#elif defined(WIDE_256) && defined(__F16C__)
    return (Float)_mm256_cvtph_ps(load<__m128i>(from));
#else
    typedef uint16_t Half __attribute__((vector_size(LANES * 2)));
    const Word half = __builtin_convertvector(load<Half>(from), Word);
    // The exponent's bias differs by 112; the product is exact, and rights subnormals too.
    const Word shifted = (half & 0x7fff) << 13;
    const Float value = (Float)shifted * splat(0x1p112f);
    const Float special = (Float)(shifted | 0x7f800000);
    const Float magnitude = select((Int)((half & 0x7c00) == 0x7c00), special, value);
    return (Float)((Word)magnitude | ((half & 0x8000) << 16));
#endif
}

// The nearest half-precision number, ties to even; beyond the largest one, that. NaN stays NaN.
INLINE uint16_t to_half(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, 4);
    const uint32_t sign = bits >> 16 & 0x8000;
    bits &= 0x7fffffff;
    if (bits > 0x7f800000) return (uint16_t)(sign | 0x7e00);
    if (bits >= 0x477ff000) return (uint16_t)(sign | 0x7bff);
    if (bits < 0x38800000) {
        // Subnormal: in [0.5, 1) the last bit of fp32 is worth as much as theirs.
        float magnitude;
        std::memcpy(&magnitude, &bits, 4);
        magnitude += 0.5f;
        std::memcpy(&bits, &magnitude, 4);
        return (uint16_t)(sign | (bits - 0x3f000000));
    }
    bits += 0xfff + (bits >> 13 & 1);
    return (uint16_t)(sign | ((bits - (112u << 23)) >> 13));
}

// LANES signed bytes, widened. GCC converts such vectors one element at a time.
INLINE Int load_bytes(const void* from) {
#if defined(WIDE_512)
    return (Int)_mm512_cvtepi8_epi32(load<__m128i>(from));
#elif defined(WIDE_256)
    return (Int)_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)from));
#elif defined(__SSE4_1__)
    return (Int)_mm_cvtepi8_epi32(_mm_cvtsi32_si128(load<int32_t>(from)));
#else
    typedef int8_t Bytes __attribute__((vector_size(LANES)));
    return __builtin_convertvector(load<Bytes>(from), Int);
#endif
}

// Sum over the lanes: halves are added until one is left.
INLINE float sum_lanes(Float v) {
#if defined(WIDE_512) || defined(WIDE_256)
#if defined(WIDE_512)
    const __m256 wide = _mm256_add_ps(_mm512_castps512_ps256((__m512)v),
                                      _mm512_extractf32x8_ps((__m512)v, 1));
#else
    const __m256 wide = (__m256)v;
#endif
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(wide), _mm256_extractf128_ps(wide, 1));
    four = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(four, _mm_shuffle_ps(four, four, 1)));
#else
    float lanes[LANES];
    store(lanes, v);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
    return lanes[0];
#endif
}

// Nearest whole number, ties to even, for |x| < 2^22: this constant leaves no bits for a fraction.
constexpr float ROUNDER = 12582912.0f;  // 1.5 * 2^23

INLINE Int round_to_int(Float x) {
    return (Int)(x + splat(ROUNDER)) - (Int)splat(ROUNDER);
}

// e^x, relative error below 2e-7; x is held within -87.3 and 88, where neither end leaves the
// normal numbers. NaN stays NaN. e^x = 2^n e^r with |r| <= ln(2)/2 and
// e^r = 1 + r + r^2 q(r); q is a minimax fit of degree 4 for the relative error (3e-9).
INLINE Float exponential(Float x) {
    x = select(x < splat(-87.3f), splat(-87.3f), x);
    x = select(x > splat(88.0f), splat(88.0f), x);
    const Float rounded = x * splat(1.44269504f) + splat(ROUNDER);
    const Float n = rounded - splat(ROUNDER);
    // ln(2) in two parts: the first has few bits, so that its product with n is exact.
    Float r = fma(n, splat(-0.693359375f), x);
    r = fma(n, splat(2.12194440e-4f), r);
    Float q = splat(1.3814466e-3f);
    q = fma(q, r, splat(8.368781e-3f));
    q = fma(q, r, splat(4.1668393e-2f));
    q = fma(q, r, splat(1.666652e-1f));
    q = fma(q, r, splat(4.9999994e-1f));
    const Float power = fma(r * r, q, r) + splat(1.0f);
    const Int exponent = (Int)rounded - (Int)splat(ROUNDER);
    return power * (Float)((exponent + splat_int(127)) << 23);
}

// "gelu_new": x/2 (1 + tanh u) = x / (1 + e^-2u), u = sqrt(2/pi) (x + 0.044715 x^3).
INLINE Float gelu(Float x) {
    const Float cubic = fma(x * x, splat(0.044715f), splat(1.0f));
    const Float minus_2u = splat(-1.5957691216f) * x * cubic;
    return x / (splat(1.0f) + exponential(minus_2u));
}
