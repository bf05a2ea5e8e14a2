#include "net/tls/session.hpp"

#include <utility>

namespace sluice::net::tls {

Session::Session(std::shared_ptr<const ServerContext> context)
    : server_(std::move(context)), ssl_(SSL_new(server_->raw())) {
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_accept_state(ssl_.get());
}

Session::Session(std::shared_ptr<const ClientContext> context, const std::string& host,
                 ClientSessions* sessions)
    : client_(std::move(context)), ssl_(SSL_new(client_->raw())), sessions_(sessions) {
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_connect_state(ssl_.get());
  client_->introduce(ssl_.get(), host);
  if (sessions_ != nullptr) sessions_->resume(ssl_.get());
}

// A session of ours stays good although we end without waiting for the peer's farewell.
Session::~Session() {
  if (established_ && !broken_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN);
}

Session::Step Session::step_of(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_input;
    case SSL_ERROR_ZERO_RETURN:
      return Step::closed;
    default:
      broken_ = true;
      return Step::broken;
  }
}

Session::Step Session::handshake() noexcept {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    established_ = true;
    return Step::done;
  }
  if (step_of(result) == Step::wants_input) return Step::wants_input;
  const HandshakeFailure seen = take_handshake_failure();
  if (failure_ == HandshakeFailure::none) failure_ = seen;
  broken_ = true;
  return Step::broken;
}

Session::Step Session::read(std::span<char> room, std::size_t& count) noexcept {
  ERR_clear_error();
  count = 0;
  const int result = SSL_read_ex(ssl_.get(), room.data(), room.size(), &count);
  return result == 1 ? Step::done : step_of(result);
}

Session::Step Session::write(std::span<const char> bytes) noexcept {
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
  return result == 1 ? Step::done : step_of(result);
}

void Session::say_goodbye() noexcept {
  if (!established_ || broken_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

}  // namespace sluice::net::tls
