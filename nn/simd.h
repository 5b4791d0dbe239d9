/*
 * simd -- one plain loop, compiled for several processors.
 *
 * A function marked SIMD is compiled for AVX-512, AVX2 and the plain
 * processor; which one runs is chosen when the program is loaded.  Sanitizers
 * want to be ready before that choice, so with them there is one.
 */
#ifndef NN_SIMD_H
#define NN_SIMD_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SIMD __attribute__((target_clones("arch=x86-64-v4", \
    "arch=x86-64-v3", "default")))
#else
#define SIMD
#endif

#endif
