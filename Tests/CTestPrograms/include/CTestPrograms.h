// What tests need of glibc and Swift cannot import: a declaration behind _GNU_SOURCE.
#pragma once
#include <spawn.h>

// The child closes every descriptor from 3 on, whatever other threads have opened meanwhile.
int boreal_close_inherited(posix_spawn_file_actions_t *actions);
