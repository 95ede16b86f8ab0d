/*
 * A load client for the MySQL protocol: one thread, any number of connections, each with one
 * statement under way at a time. It speaks the protocol itself, so that both servers meet the same
 * cheap client.
 *
 * usage: load_client PORT USER DATABASE CONNECTIONS SECONDS MODE SQL
 *
 * MODE: `prepared` (SQL has one `?`, an integer), `text` (`?` is replaced by digits), `rows` (the
 * same SQL each time, without `?`), `binary` (likewise, prepared), `insert` (`?` counts up, over
 * all connections), `connect` (each connection logs in, asks SQL, leaves and comes again), `idle`
 * (all log in, then nothing happens until standard input ends).
 * Keys are drawn from 1 to KEYS (environment, default 100000); START is added to `insert` keys.
 * Prints one line: statements (or logins) a second, middle and 99th-percentile latency in
 * microseconds; `idle` prints `idle` once all are logged in.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 20, LATENCIES_MAX = 1 << 22 };

struct connection {
    int socket;
    uint32_t statement;
    uint64_t begun;
    size_t have;          /* bytes in `in` */
    int definitions;      /* packets still to come in front of the rows; -1 before the first */
    int is_ending;        /* an EOF packet has been seen */
    unsigned char *in;
};

static const char *mode, *sql;
static uint64_t keys = 100000, next_key, seed = 88172645463325252u;
static uint32_t *latencies;
static size_t latency_count;

static void fail(const char *format, ...) {
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t key(void) {
    if (!strcmp(mode, "insert")) return next_key++;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % keys + 1;
}

static void send_all(int socket, const void *bytes, size_t count) {
    while (count) {
        ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent < 0) fail("send: %s", strerror(errno));
        bytes = (const char *)bytes + sent;
        count -= (size_t)sent;
    }
}

static void send_packet(int socket, int sequence, const void *payload, size_t count) {
    unsigned char packet[4 + 65536];
    if (count > 65536) fail("the statement is too long");
    packet[0] = (unsigned char)count;
    packet[1] = (unsigned char)(count >> 8);
    packet[2] = (unsigned char)(count >> 16);
    packet[3] = (unsigned char)sequence;
    memcpy(packet + 4, payload, count);
    send_all(socket, packet, count + 4);
}

/* Reads one packet of a connection that still blocks. */
static size_t read_packet(int socket, unsigned char *payload, int *sequence) {
    unsigned char header[4];
    if (recv(socket, header, 4, MSG_WAITALL) != 4) fail("the server hung up");
    size_t count = header[0] | header[1] << 8 | header[2] << 16;
    if (count > 65536) fail("a packet is too long");
    if (count && recv(socket, payload, count, MSG_WAITALL) != (ssize_t)count) fail("cut short");
    if (sequence) *sequence = header[3];
    if (count && payload[0] == 0xff) fail("error: %.*s", (int)count - 9, payload + 9);
    return count;
}

/* Logs in with an account without a password. */
static void log_in(int socket, const char *user, const char *database) {
    unsigned char packet[65536], *p = packet;
    int sequence;
    read_packet(socket, packet, NULL);
    /* LONG_PASSWORD, LONG_FLAG, CONNECT_WITH_DB, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH,
       DEPRECATE_EOF is left out: both servers then send EOF packets. */
    uint32_t flags = 0x1 | 0x4 | 0x8 | 0x200 | 0x8000 | 0x80000, largest = 1 << 24;
    memcpy(p, &flags, 4);
    memcpy(p + 4, &largest, 4);
    memset(p + 8, 0, 24);
    p[8] = 45;
    p += 32;
    p += sprintf((char *)p, "%s", user) + 1;
    *p++ = 0;
    p += sprintf((char *)p, "%s", database) + 1;
    p += sprintf((char *)p, "mysql_native_password") + 1;
    send_packet(socket, 1, packet, (size_t)(p - packet));
    for (;;) {
        read_packet(socket, packet, &sequence);
        if (packet[0] == 0) return;
        if (packet[0] == 0xfe) send_packet(socket, sequence + 1, "", 0);
    }
}

static uint32_t prepare(int socket) {
    unsigned char packet[65536];
    size_t length = strlen(sql);
    uint32_t id;
    packet[0] = 0x16;
    memcpy(packet + 1, sql, length);
    send_packet(socket, 0, packet, length + 1);
    read_packet(socket, packet, NULL);
    memcpy(&id, packet + 1, 4);
    int columns = packet[5] | packet[6] << 8, parameters = packet[7] | packet[8] << 8;
    int rest = (columns ? columns + 1 : 0) + (parameters ? parameters + 1 : 0);
    while (rest--) read_packet(socket, packet, NULL);
    return id;
}

static void begin(struct connection *c, int is_first) {
    unsigned char packet[65536];
    size_t length;
    const char *mark = strchr(sql, '?');
    uint64_t value = mark ? key() : 0;
    if (c->statement) {
        memset(packet, 0, 11);
        packet[0] = 0x17;
        memcpy(packet + 1, &c->statement, 4);
        packet[6] = 1;
        length = 10;
        if (mark) {
            packet[length++] = 0; /* no NULL */
            packet[length++] = is_first ? 1 : 0;
            if (is_first) {
                packet[length++] = 8;
                packet[length++] = 0;
            }
            memcpy(packet + length, &value, 8);
            length += 8;
        }
    } else if (mark) {
        packet[0] = 3;
        length = 1 + (size_t)snprintf((char *)packet + 1, 65535, "%.*s%llu%s", (int)(mark - sql),
                                      sql, (unsigned long long)value, mark + 1);
    } else {
        packet[0] = 3;
        length = strlen(sql) + 1;
        memcpy(packet + 1, sql, length - 1);
    }
    c->definitions = -1;
    c->is_ending = 0;
    c->begun = now();
    send_packet(c->socket, 0, packet, length);
}

/* Looks at one packet of an answer; true at its end. */
static int is_last(struct connection *c, const unsigned char *payload, size_t count) {
    if (payload[0] == 0xff) fail("error: %.*s", (int)count - 9, payload + 9);
    if (c->definitions == -1) {
        if (payload[0] == 0) return 1; /* OK */
        c->definitions = payload[0];
        return 0;
    }
    if (payload[0] != 0xfe || count >= 9) return 0;
    if (c->is_ending) return 1;
    c->is_ending = 1;
    return 0;
}

static int take(struct connection *c) {
    ssize_t got = recv(c->socket, c->in + c->have, BUFFER_BYTES - c->have, MSG_DONTWAIT);
    if (got <= 0) fail("the server hung up");
    c->have += (size_t)got;
    size_t place = 0;
    int ended = 0;
    while (c->have - place >= 4) {
        const unsigned char *p = c->in + place;
        size_t count = p[0] | p[1] << 8 | p[2] << 16;
        if (c->have - place < count + 4) break;
        ended = is_last(c, p + 4, count);
        place += count + 4;
    }
    memmove(c->in, c->in + place, c->have - place);
    c->have -= place;
    return ended;
}

static int compare(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static int port;
static const char *user, *database;

static int connect_socket(void) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    int one = 1, made = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(made, (struct sockaddr *)&address, sizeof address))
        fail("connect: %s", strerror(errno));
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return made;
}

static void report(double seconds, uint64_t done) {
    qsort(latencies, latency_count, sizeof *latencies, compare);
    printf("%.1f %u %u\n", (double)done / seconds,
           latency_count ? latencies[latency_count / 2] : 0,
           latency_count ? latencies[latency_count * 99 / 100] : 0);
}

static uint64_t connect_end;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* One client that comes and goes. */
static void *come_and_go(void *unused) {
    unsigned char packet[65536];
    size_t length = strlen(sql);
    while (now() < connect_end) {
        uint64_t begun = now();
        int made = connect_socket();
        log_in(made, user, database);
        packet[0] = 3;
        memcpy(packet + 1, sql, length);
        send_packet(made, 0, packet, length + 1);
        int ends = 0;
        while (ends < 2) {
            size_t count = read_packet(made, packet, NULL);
            if (count < 9 && packet[0] == 0xfe) ends++;
        }
        packet[0] = 1;
        send_packet(made, 0, packet, 1);
        /* The server closes first, so that the client's ports do not run out. */
        if (recv(made, packet, 1, 0) > 0) fail("an answer to COM_QUIT");
        close(made);
        pthread_mutex_lock(&lock);
        if (latency_count < LATENCIES_MAX)
            latencies[latency_count++] = (uint32_t)((now() - begun) / 1000);
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

static void connect_again_and_again(int clients, double seconds) {
    pthread_t threads[256];
    if (clients > 256) fail("at most 256 clients connect");
    uint64_t start = now();
    connect_end = start + (uint64_t)(seconds * 1e9);
    for (int i = 0; i < clients; i++) pthread_create(&threads[i], NULL, come_and_go, NULL);
    for (int i = 0; i < clients; i++) pthread_join(threads[i], NULL);
    report((double)(now() - start) / 1e9, latency_count);
}

static void stay_idle(int connections) {
    for (int i = 0; i < connections; i++) log_in(connect_socket(), user, database);
    puts("idle");
    fflush(stdout);
    while (getchar() != EOF) {}
}

static void ask(int connections, double seconds) {
    struct connection *all = calloc((size_t)connections, sizeof *all);
    int poller = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        all[i].socket = connect_socket();
        all[i].in = malloc(BUFFER_BYTES);
        log_in(all[i].socket, user, database);
        if (!strcmp(mode, "prepared") || !strcmp(mode, "binary")
            || (!strcmp(mode, "insert") && getenv("PREPARE")))
            all[i].statement = prepare(all[i].socket);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, all[i].socket, &event);
    }
    uint64_t start = now(), end = start + (uint64_t)(seconds * 1e9), done = 0, time = start;
    for (int i = 0; i < connections; i++) begin(&all[i], 1);
    while (time < end) {
        struct epoll_event events[64];
        int ready = epoll_wait(poller, events, 64, 1000);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (!take(c)) continue;
            time = now();
            if (latency_count < LATENCIES_MAX)
                latencies[latency_count++] = (uint32_t)((time - c->begun) / 1000);
            done++;
            begin(c, 0);
        }
        if (!ready) time = now();
    }
    report((double)(time - start) / 1e9, done);
}

int main(int count, char **arguments) {
    if (count != 8) fail("usage: load_client PORT USER DATABASE CONNECTIONS SECONDS MODE SQL");
    int connections = atoi(arguments[4]);
    double seconds = atof(arguments[5]);
    struct rlimit descriptors;
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    port = atoi(arguments[1]);
    user = arguments[2];
    database = arguments[3];
    mode = arguments[6];
    sql = arguments[7];
    if (getenv("KEYS")) keys = strtoull(getenv("KEYS"), NULL, 10);
    next_key = getenv("START") ? strtoull(getenv("START"), NULL, 10) : 1;
    latencies = malloc(LATENCIES_MAX * sizeof *latencies);
    if (!strcmp(mode, "connect")) connect_again_and_again(connections, seconds);
    else if (!strcmp(mode, "idle")) stay_idle(connections);
    else ask(connections, seconds);
    return 0;
}
