/* One row at a time through LightGBM's own C interface, without Python: the fast form of its
   single-row call, which prepares everything but the row once.

   usage: single_row LIB_LIGHTGBM.SO MODEL ROWS.f64 COLUMNS SECONDS

   ROWS.f64 holds doubles, row after row. Prints what `boreal bench --rows 1` prints of a figure. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef void *Handle;
typedef int (*Load)(const char *, int *, Handle *);
typedef int (*Prepare)(Handle, int, int, int, int, int32_t, const char *, Handle *);
typedef int (*Predict)(Handle, const void *, int64_t *, double *);

/* Names of LightGBM's c_api.h. */
enum { C_API_DTYPE_FLOAT64 = 1, C_API_PREDICT_NORMAL = 0, ALL_ITERATIONS = -1 };
enum { CALLS = 256, SAMPLES_MAX = 1000000 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "single_row: %s\n", what);
    exit(1);
}

static void *symbol(void *library, const char *name) {
    void *found = dlsym(library, name);
    if (!found) fail(name);
    return found;
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double *read_rows(const char *path, long columns, long *count) {
    FILE *file = fopen(path, "rb");
    if (!file) fail("cannot read the rows");
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file);
    rewind(file);
    double *rows = malloc((size_t)bytes);
    *count = bytes / (columns * (long)sizeof(double));
    if (!rows || *count < 1 || fread(rows, 1, (size_t)bytes, file) != (size_t)bytes)
        fail("cannot read the rows");
    fclose(file);
    return rows;
}

int main(int argc, char **argv) {
    if (argc != 6) fail("usage: single_row LIB MODEL ROWS.f64 COLUMNS SECONDS");
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) fail(dlerror());
    long columns = atol(argv[4]), count = 0;
    double seconds = atof(argv[5]), *rows = read_rows(argv[3], columns, &count);
    int iterations = 0;
    Handle booster = NULL, fast = NULL;
    if (((Load)symbol(library, "LGBM_BoosterCreateFromModelfile"))(argv[2], &iterations, &booster))
        fail("cannot load the model");
    Prepare prepare = (Prepare)symbol(library, "LGBM_BoosterPredictForMatSingleRowFastInit");
    Predict predict = (Predict)symbol(library, "LGBM_BoosterPredictForMatSingleRowFast");
    if (prepare(booster, C_API_PREDICT_NORMAL, 0, ALL_ITERATIONS, C_API_DTYPE_FLOAT64,
                (int32_t)columns, "num_threads=1", &fast))
        fail("cannot prepare the call");
    double *samples = malloc(SAMPLES_MAX * sizeof(double)), answer = 0;
    if (!samples) fail("no memory");
    long taken = 0, row = 0;
    int64_t length = 0;
    for (double end = now() + seconds; taken < 3 || (now() < end && taken < SAMPLES_MAX); taken++) {
        double start = now();
        for (int call = 0; call < CALLS; call++) {
            if (predict(fast, rows + row * columns, &length, &answer)) fail("cannot predict");
            if (++row == count) row = 0;
        }
        samples[taken] = (now() - start) / CALLS;
    }
    qsort(samples, (size_t)taken, sizeof(double), ascending);
    double middle = samples[taken / 2];
    printf("{\"rows\": 1, \"samples\": %ld, \"call_us\": %.4f, \"rows_per_s\": %.1f, "
           "\"rows_per_s_min\": %.1f, \"rows_per_s_max\": %.1f}\n",
           taken, middle * 1e6, 1 / middle, 1 / samples[taken - 1], 1 / samples[0]);
    return 0;
}
