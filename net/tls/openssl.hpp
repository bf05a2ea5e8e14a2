#pragma once
// OpenSSL's objects with their owners' destructors, and its complaints as text.
#include <memory>
#include <string>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/certificate.hpp"
#include "base/result.hpp"
#include "base/tls_spec.hpp"

namespace sluice::net::tls {

struct Free {
  void operator()(SSL_CTX* it) const noexcept { SSL_CTX_free(it); }
  void operator()(SSL* it) const noexcept { SSL_free(it); }
  void operator()(SSL_SESSION* it) const noexcept { SSL_SESSION_free(it); }
  void operator()(X509_STORE* it) const noexcept { X509_STORE_free(it); }
  void operator()(EVP_CIPHER* it) const noexcept { EVP_CIPHER_free(it); }
  void operator()(STACK_OF(X509) * it) const noexcept { sk_X509_free(it); }  // not what is in it
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// Takes the oldest complaint, which is the cause of the others, and forgets them.
inline std::string take_complaint() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

// A certificate, those that vouch for it, and its key, ready for use by one thread.
struct Credentials {
  std::vector<Certificate> certificates;  // leaf first
  Owned<STACK_OF(X509)> chain;            // the others
  PrivateKey key;

  X509& leaf() const noexcept { return *certificates.front(); }
  static Result<Credentials, std::string> read(std::string_view certificate_pem,
                                               std::string_view key_pem);
};

// The certificates of `pem` as those whose word is taken.
Result<Owned<X509_STORE>, std::string> make_store(std::string_view pem);

// What both sides of a connection have in common: versions, suites, curves, modes.
Owned<SSL_CTX> make_context(const SSL_METHOD* method, TlsVersion min_version);

}  // namespace sluice::net::tls
