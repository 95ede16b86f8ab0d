// The few Linux calls that Swift cannot import: function-like macros, unions, compiler builtins and
// declarations that glibc hides behind _GNU_SOURCE. No logic here.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

// Event masks are cast macros or enumerators that arrive as different types; these are plain numbers.
static const uint32_t boreal_epoll_in = EPOLLIN;
static const uint32_t boreal_epoll_out = EPOLLOUT;
static const uint32_t boreal_epoll_rdhup = EPOLLRDHUP;
static const uint32_t boreal_epoll_hup = EPOLLHUP;
static const uint32_t boreal_epoll_err = EPOLLERR;

// epoll_event holds a union, which Swift cannot build in place.
static inline int boreal_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}
static inline int boreal_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);
}
static inline uint64_t boreal_epoll_token(const struct epoll_event *event) { return event->data.u64; }
static inline uint32_t boreal_epoll_events(const struct epoll_event *event) { return event->events; }

// accept4 is declared only with _GNU_SOURCE.
static inline int boreal_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// A compiler builtin: Swift has no prefetch.
static inline __attribute__((always_inline)) void boreal_prefetch(const void *address) {
    __builtin_prefetch(address, 0, 3);
}

// The id setpriority needs for one thread; glibc before 2.30 has no wrapper.
static inline int boreal_thread_id(void) { return (int)syscall(SYS_gettid); }

// setpriority takes an enum in C++ and an int in C; Swift sees neither reliably.
static inline int boreal_nice_thread(int thread, int nice) {
    return setpriority(PRIO_PROCESS, (id_t)thread, nice);
}

// O_* flags with _GNU_SOURCE values, and open() which is variadic.
static inline int boreal_open(const char *path, int flags, unsigned mode) {
    return open(path, flags | O_CLOEXEC, mode);
}
