#pragma once
// What one worker needs to be the server of TLS connections of one listener: certificates by name,
// rules for clients, and how sessions are resumed. Another configuration makes another one;
// connections keep theirs.
//
// Thread:    made by any, then its worker's alone: OpenSSL's contexts have locks and counts that
//            workers would fight for.
// Invariant: a session is resumed only under the name, listener and rules for clients under which
//            it was made, so that nobody takes a verified identity to where it was not asked for
//            (design row 40; nginx CVE-2025-23419).
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/tls_spec.hpp"
#include "net/tls/openssl.hpp"
#include "net/tls/tickets.hpp"

namespace sluice::net::tls {

class ServerContext {
 public:
  // `realm`: the listener's name. `tickets` outlives it and whatever uses it. Errors: a sentence.
  static Result<std::shared_ptr<const ServerContext>, std::string> make(const ServerTlsSpec& spec,
                                                                        std::string realm,
                                                                        TicketKeys& tickets);
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // For Session.
  SSL_CTX* raw() const noexcept { return context_.get(); }

  struct Identity {
    Credentials credentials;
    std::vector<std::string> names;
    std::string ocsp;
  };
  // Those for one name, of different kinds of keys: ECDSA and RSA side by side.
  using Identities = std::vector<const Identity*>;
  // Null: refused.
  const Identities* find_identities(std::string_view host) const;

 private:
  explicit ServerContext(TicketKeys& tickets);
  Result<bool, std::string> add(const CertificateFiles& files);
  Result<bool, std::string> ask_clients(const ServerTlsSpec& spec);
  void choose_default();
  void set_callbacks();
  static bool install(SSL* ssl, const Identities& identities);

  static int on_client_hello(SSL* ssl, int* alert, void* self);
  static int on_certificate(SSL* ssl, void* self);
  static int on_status(SSL* ssl, void* self);
  static int on_alpn(SSL* ssl, const unsigned char** out, unsigned char* size,
                     const unsigned char* offered, unsigned offered_size, void*);
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int sealing);

  Owned<SSL_CTX> context_;
  TicketKeys& tickets_;
  Owned<EVP_CIPHER> ticket_cipher_;
  std::string realm_;  // with the rules for clients
  bool strict_sni_ = false;
  std::vector<std::unique_ptr<Identity>> identities_;
  std::unordered_map<std::string, Identities> by_name_;  // "*.example" too
  Identities default_;
};

}  // namespace sluice::net::tls
