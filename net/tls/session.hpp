#pragma once
// One side of one TLS connection: OpenSSL's engine without a socket. A Stream owns it and brings
// the bytes (net/stream_tls.cpp).
//
// Thread: its worker's.   Path: hot (read, write), warm (handshake).
// Shape:  handshake() until it is done, then read() and write(); what the engine wants to send is
//         in the transport's hands after each call.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "net/tls/client_context.hpp"
#include "net/tls/handshake_failure.hpp"
#include "net/tls/openssl.hpp"
#include "net/tls/server_context.hpp"

namespace sluice::net::tls {

class Session {
 public:
  explicit Session(std::shared_ptr<const ServerContext> context);
  // `host`: whom to meet. `sessions` may be null.
  Session(std::shared_ptr<const ClientContext> context, const std::string& host,
          ClientSessions* sessions);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // `transport`: where bytes come from and go to. Once, before anything else.
  void attach(BIO* transport) noexcept { SSL_set_bio(ssl_.get(), transport, transport); }

  enum class Step : std::uint8_t {
    done,         // read: `count` bytes
    wants_input,  // nothing more before the peer sends
    closed,       // the peer has ended its side in order
    broken,       // or out of order; failure() says why a handshake did
  };
  Step handshake() noexcept;
  Step read(std::span<char> room, std::size_t& count) noexcept;
  Step write(std::span<const char> bytes) noexcept;
  // Tells the peer that nothing more will come.
  void say_goodbye() noexcept;

  bool established() const noexcept { return established_; }
  // No more can be said on it.
  bool broken() const noexcept { return broken_; }
  // Everything that was received has been read.
  bool nothing_buffered() const noexcept { return SSL_has_pending(ssl_.get()) == 0; }
  bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }
  HandshakeFailure failure() const noexcept { return failure_; }
  // The peer's, verified; null when it showed none.
  Certificate peer_certificate() const noexcept {
    return Certificate(SSL_get1_peer_certificate(ssl_.get()));
  }

  // For the contexts' callbacks.
  static Session& of(const SSL* ssl) noexcept {
    return *static_cast<Session*>(SSL_get_app_data(ssl));
  }

 private:
  friend class ServerContext;
  friend class ClientContext;
  Step step_of(int result) noexcept;

  std::shared_ptr<const ServerContext> server_;
  std::shared_ptr<const ClientContext> client_;
  Owned<SSL> ssl_;
  ClientSessions* sessions_ = nullptr;
  const ServerContext::Identities* identities_ = nullptr;  // the name that the client asked for
  HandshakeFailure failure_ = HandshakeFailure::none;
  bool established_ = false;
  bool broken_ = false;
};

}  // namespace sluice::net::tls
