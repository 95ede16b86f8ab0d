#pragma once
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic; one wrapper a kind of argument.
static inline CURLcode boreal_curl_set_long(CURL *c, CURLoption o, long v) {
    return curl_easy_setopt(c, o, v);
}
static inline CURLcode boreal_curl_set_offset(CURL *c, CURLoption o, curl_off_t v) {
    return curl_easy_setopt(c, o, v);
}
static inline CURLcode boreal_curl_set_text(CURL *c, CURLoption o, const char *v) {
    return curl_easy_setopt(c, o, v);
}
static inline CURLcode boreal_curl_set_pointer(CURL *c, CURLoption o, void *v) {
    return curl_easy_setopt(c, o, v);
}
static inline CURLcode boreal_curl_set_list(CURL *c, CURLoption o, struct curl_slist *v) {
    return curl_easy_setopt(c, o, v);
}
typedef size_t (*boreal_curl_write_function)(char *, size_t, size_t, void *);
static inline CURLcode boreal_curl_set_write(CURL *c, boreal_curl_write_function f, void *context) {
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, f);
    return curl_easy_setopt(c, CURLOPT_WRITEDATA, context);
}
typedef int (*boreal_curl_progress_function)(
    void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
static inline CURLcode boreal_curl_set_progress(
    CURL *c, boreal_curl_progress_function f, void *context) {
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, f);
    return curl_easy_setopt(c, CURLOPT_XFERINFODATA, context);
}
static inline CURLcode boreal_curl_get_long(CURL *c, CURLINFO i, long *v) {
    return curl_easy_getinfo(c, i, v);
}
static inline CURLcode boreal_curl_get_text(CURL *c, CURLINFO i, const char **v) {
    return curl_easy_getinfo(c, i, v);
}
// The last word on where a transfer may connect to; also variadic.
typedef curl_socket_t (*boreal_curl_open_socket_function)(
    void *, curlsocktype, struct curl_sockaddr *);
static inline CURLcode boreal_curl_set_open_socket(
    CURL *c, boreal_curl_open_socket_function f, void *context) {
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, f);
    return curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, context);
}
// Called with each line of an answer's head.
static inline CURLcode boreal_curl_set_header(
    CURL *c, boreal_curl_write_function f, void *context) {
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, f);
    return curl_easy_setopt(c, CURLOPT_HEADERDATA, context);
}
static inline CURLMcode boreal_curl_multi_set_long(CURLM *m, CURLMoption o, long v) {
    return curl_multi_setopt(m, o, v);
}
// Called when a connection stands and the request is about to be sent.
static inline CURLcode boreal_curl_set_before_request(
    CURL *c, curl_prereq_callback f, void *context) {
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, f);
    return curl_easy_setopt(c, CURLOPT_PREREQDATA, context);
}
// What the multi interface wants to be told of sockets, and when it wants to be called anyway.
static inline CURLMcode boreal_curl_multi_set_socket(
    CURLM *m, curl_socket_callback f, void *context) {
    curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, f);
    return curl_multi_setopt(m, CURLMOPT_SOCKETDATA, context);
}
static inline CURLMcode boreal_curl_multi_set_timer(
    CURLM *m, curl_multi_timer_callback f, void *context) {
    curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, f);
    return curl_multi_setopt(m, CURLMOPT_TIMERDATA, context);
}
