#include "net/tls/handshake_failure.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sluice::net::tls {
namespace {

HandshakeFailure failure_of(int reason) noexcept {
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
      return HandshakeFailure::not_tls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_INAPPROPRIATE_FALLBACK:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
      return HandshakeFailure::version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SHARED_GROUPS:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
      return HandshakeFailure::suite;
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return HandshakeFailure::protocol;
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return HandshakeFailure::peer_certificate;
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return HandshakeFailure::closed;
    default:
      // A received alert has its number above this.
      return reason >= SSL_AD_REASON_OFFSET ? HandshakeFailure::refused
                                            : HandshakeFailure::malformed;
  }
}

}  // namespace

HandshakeFailure take_handshake_failure() noexcept {
  const unsigned long code = ERR_peek_error();
  ERR_clear_error();
  if (code == 0) return HandshakeFailure::closed;
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return HandshakeFailure::malformed;
  return failure_of(ERR_GET_REASON(code));
}

}  // namespace sluice::net::tls
