#pragma once
// What one worker needs to be the client of TLS connections to the endpoints of one upstream.
//
// Thread:    made by any, then its user's alone.
// Invariant: with `verify` a connection is good only when the peer's certificate is for the server
//            name and somebody trusted vouches for it.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/tls_spec.hpp"
#include "net/tls/openssl.hpp"

namespace sluice::net::tls {

class ClientContext {
 public:
  // Errors: a sentence.
  static Result<std::shared_ptr<const ClientContext>, std::string> make(const ClientTlsSpec& spec);
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;

  SSL_CTX* raw() const noexcept { return context_.get(); }
  // Says to `ssl` whom it is to meet: SNI, and the name to look for in the certificate. `host`: a
  // name or an address, of which the spec may have another.
  void introduce(SSL* ssl, const std::string& host) const;

 private:
  ClientContext() = default;
  static int on_session(SSL* ssl, SSL_SESSION* session);

  Owned<SSL_CTX> context_;
  std::string server_name_;
  bool verify_ = true;
};

// Sessions that connections to one endpoint have left, to be resumed by the next. One of TLS 1.3 is
// used once (RFC 8446 appendix C.4).
// Thread: one. Shape: outlives the connections that keep theirs here.
class ClientSessions {
 public:
  void clear() noexcept { kept_.clear(); }
  void keep(Owned<SSL_SESSION> session) {
    if (kept_.size() == kMost) kept_.erase(kept_.begin());
    kept_.push_back(std::move(session));
  }
  // For `ssl`, the newest.
  void resume(SSL* ssl) {
    if (kept_.empty()) return;
    SSL_set_session(ssl, kept_.back().get());
    if (SSL_SESSION_get_protocol_version(kept_.back().get()) == TLS1_3_VERSION) kept_.pop_back();
  }

 private:
  static constexpr std::size_t kMost = 4;
  std::vector<Owned<SSL_SESSION>> kept_;
};

}  // namespace sluice::net::tls
