// The few Linux calls that Swift cannot import: function-like macros, unions, compiler builtins and
// declarations that glibc hides behind _GNU_SOURCE. No logic here.
//
// The header must not define _GNU_SOURCE, nor include headers whose types depend on it: Swift sees
// the same types in its own Glibc module, built without it, and refuses two definitions of a type.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

// Event masks are cast macros or enumerators that arrive as different types; these are numbers.
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
static inline uint64_t boreal_epoll_token(const struct epoll_event *event) {
    return event->data.u64;
}
static inline uint32_t boreal_epoll_events(const struct epoll_event *event) {
    return event->events;
}

// A compiler builtin: Swift has no prefetch.
static inline __attribute__((always_inline)) void boreal_prefetch(const void *address) {
    __builtin_prefetch(address, 0, 3);
}

// Tells the processor that the thread only waits: the other thread of the core gets its units.
static inline __attribute__((always_inline)) void boreal_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// accept4 with SOCK_NONBLOCK and SOCK_CLOEXEC, declared only with _GNU_SOURCE.
int boreal_accept(int listener);

// The id setpriority needs for one thread; glibc before 2.30 has no wrapper.
int boreal_thread_id(void);

// setpriority takes an enumeration that Swift's Glibc module defines differently.
int boreal_nice_thread(int thread, int nice);

// open() is variadic.
int boreal_open(const char *path, int flags, unsigned mode);

// getrlimit and setrlimit take such an enumeration too. Raises the soft limit of descriptors to the
// hard one; the limit that holds now, 0 when it cannot be read.
long boreal_raise_descriptor_limit(void);
