#pragma once
#include <sqlite3.h>

// A C global that SQLite reads under this mutex; SQLITE_MUTEX_STATIC_VFS1 is its documented guard.
static inline void boreal_sqlite_temp_folder(const char *path) {
    if (sqlite3_initialize() != SQLITE_OK) return;
    sqlite3_mutex *guard = sqlite3_mutex_alloc(SQLITE_MUTEX_STATIC_VFS1);
    sqlite3_mutex_enter(guard);
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = sqlite3_mprintf("%s", path);
    sqlite3_mutex_leave(guard);
}

// sqlite3_db_config is variadic, which Swift cannot call.
static inline int boreal_sqlite_config(sqlite3 *db, int option, int value) {
    int result = 0;
    return sqlite3_db_config(db, option, value, &result);
}

// SQLITE_TRANSIENT is a cast of -1 to a function pointer, which Swift does not import.
static inline int boreal_sqlite_bind_text(
    sqlite3_stmt *s, int i, const char *text, sqlite3_uint64 n) {
    return sqlite3_bind_text64(s, i, text, n, SQLITE_TRANSIENT, SQLITE_UTF8);
}
static inline int boreal_sqlite_bind_blob(
    sqlite3_stmt *s, int i, const void *bytes, sqlite3_uint64 n) {
    return sqlite3_bind_blob64(s, i, bytes, n, SQLITE_TRANSIENT);
}
static inline void boreal_sqlite_result_text(
    sqlite3_context *c, const char *text, sqlite3_uint64 n) {
    sqlite3_result_text64(c, text, n, SQLITE_TRANSIENT, SQLITE_UTF8);
}
static inline void boreal_sqlite_result_blob(
    sqlite3_context *c, const void *bytes, sqlite3_uint64 n) {
    sqlite3_result_blob64(c, bytes, n, SQLITE_TRANSIENT);
}
