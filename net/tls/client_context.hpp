#pragma once
// What one worker needs to be the client of TLS connections to the endpoints of one upstream.
//
// Thread:    made by any, then its user's alone.
// Invariant: with `verify` a connection is good only when the peer's certificate is for the server
//            name and somebody trusted vouches for it.
#include <memory>
#include <string>

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

// The session that the newest connection to one endpoint has left, to be resumed by the next.
// Thread: one. Shape: outlives the connections that keep theirs here.
class ClientSessions {
 public:
  void clear() noexcept { newest_.reset(); }

 private:
  friend class ClientContext;
  friend class Session;
  Owned<SSL_SESSION> newest_;
};

}  // namespace sluice::net::tls
