// What every file of loops needs: versions for several processors, and arithmetic whose bits do not
// depend on the version.
#pragma once

#pragma STDC FP_CONTRACT OFF

// Versions for wider vectors exist where the compiler can choose between them at start.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_SEVERAL_PROCESSORS __attribute__((target_clones("avx2", "default")))
#define FOR_WIDER_PROCESSORS __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define FOR_SEVERAL_PROCESSORS
#define FOR_WIDER_PROCESSORS
#endif
