#pragma once
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// The rest of this file wraps function-like macros and constants of cast or shifted type, which
// Swift does not import.
static inline EVP_PKEY *boreal_rsa_generate(unsigned bits) { return EVP_RSA_gen(bits); }
static inline EVP_PKEY *boreal_p256_generate(void) { return EVP_EC_gen("P-256"); }
static inline long boreal_bio_memory(BIO *bio, char **bytes) {
    return BIO_get_mem_data(bio, bytes);
}
static inline int boreal_rsa_oaep_padding(EVP_PKEY_CTX *context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING);
}
static inline void boreal_bio_wants_bytes(BIO *bio) { BIO_set_retry_read(bio); }
static inline void boreal_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

static const uint64_t boreal_tls_options =
    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE;
static inline void boreal_tls_release_buffers(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}
static inline void boreal_tls_no_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}
static inline int boreal_tls_versions(SSL_CTX *context, int lowest, int highest) {
    return SSL_CTX_set_min_proto_version(context, lowest)
        && SSL_CTX_set_max_proto_version(context, highest);
}
static inline long boreal_tls_accepts(SSL_CTX *context) { return SSL_CTX_sess_accept(context); }
static inline long boreal_tls_finished_accepts(SSL_CTX *context) {
    return SSL_CTX_sess_accept_good(context);
}
static inline void boreal_x509_no_issuer_file(X509V3_CTX *context) { X509V3_set_ctx_nodb(context); }
static inline long boreal_tls_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name);
}
