#include "net/tls/openssl.hpp"

#include <array>

namespace sluice::net::tls {
namespace {

// Forward secrecy and authenticated encryption, nothing else (Mozilla's "intermediate" of 2023 less
// finite-field Diffie-Hellman). Suites of TLS 1.3 are OpenSSL's own, all of that kind.
constexpr const char* kSuites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

}  // namespace

Result<Credentials, std::string> Credentials::read(std::string_view certificate_pem,
                                                   std::string_view key_pem) {
  auto certificates = read_certificates(certificate_pem);
  if (!certificates) return Failure{"the certificate " + certificates.error()};
  auto key = read_private_key(key_pem);
  if (!key) return Failure{"the key " + key.error()};
  Credentials out{std::move(certificates).value(), Owned<STACK_OF(X509)>(sk_X509_new_null()),
                  std::move(key).value()};
  if (!belong_together(out.leaf(), *out.key))
    return Failure{std::string("the key does not belong to the certificate")};
  for (std::size_t i = 1; i < out.certificates.size(); ++i)
    sk_X509_push(out.chain.get(), out.certificates[i].get());
  return out;
}

Result<Owned<X509_STORE>, std::string> make_store(std::string_view pem) {
  auto certificates = read_certificates(pem);
  if (!certificates) return Failure{certificates.error()};
  Owned<X509_STORE> store(X509_STORE_new());
  for (const Certificate& one : certificates.value()) X509_STORE_add_cert(store.get(), one.get());
  ERR_clear_error();
  return store;
}

Owned<SSL_CTX> make_context(const SSL_METHOD* method, TlsVersion min_version) {
  Owned<SSL_CTX> context(SSL_CTX_new(method));
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(
      raw, min_version == TlsVersion::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_cipher_list(raw, kSuites);
  std::array groups{NID_X25519, NID_X9_62_prime256v1, NID_secp384r1};
  SSL_CTX_set1_groups(raw, groups.data(), groups.size());
  SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Idle connections own no buffer, and one receive brings as many records as are there.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(raw, 1);
  return context;
}

}  // namespace sluice::net::tls
