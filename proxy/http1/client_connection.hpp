#pragma once
// One client connection that speaks HTTP/1: reads head after head, has each one served by an
// exchange, keeps the connection or closes it.
//
// Thread:    its worker's.   Path: hot.
// Invariant: answers go out in the order of the requests; after an error nothing more is read as a
//            request. An idle connection holds this object, its coroutine frame and no buffer.
#include <memory>

#include "proxy/client_side.hpp"
#include "proxy/failure.hpp"
#include "proxy/http1/body_reader.hpp"
#include "proxy/http1/head_parser.hpp"
#include "proxy/http1/head_writer.hpp"
#include "proxy/worker_plane.hpp"

namespace sluice::proxy::http1 {

class ClientConnection final : public ClientSide, private ClientEntry, private net::StreamObserver {
 public:
  ClientConnection(WorkerPlane& plane, std::shared_ptr<Listener> listener, int descriptor,
                   const net::Address& peer);
  ~ClientConnection() override;

  const Peer& peer() const noexcept override { return peer_; }
  const net::CidrSet& trusted_proxies() const noexcept override { return listener_->trusted; }
  bool shows_debug_fields() const noexcept override { return listener_->spec.debug_header; }
  Method method() const noexcept override { return method_; }
  bool awaits_continue() const noexcept override { return awaits_continue_; }
  void watch(ClientWatcher* watcher) noexcept override { watcher_ = watcher; }
  void release_head() noexcept override;
  bool body_has_arrived() const noexcept override {
    return body_.finished() || !stream_.input().empty();
  }
  net::Task<net::IoStatus> await_body() override;
  BodyPiece buffered_body() noexcept override;
  net::Task<BodyPiece> read_body() override;
  bool body_finished() const noexcept override { return body_.finished(); }
  void interrupt_body() noexcept override;
  net::Stream::Sending send_informational(const ResponseHead& head) override;
  net::Stream::Sending send_response(const ResponseHead& head, const ResponseExtras& extras,
                                     const BodyPiece& first) override;
  net::Stream::Sending send_body(const BodyPiece& piece) override;
  void break_off() noexcept override;
  net::Stream& tunnel() noexcept override;
  net::Memory touched() const noexcept override {
    const net::Memory stream = stream_.touched();
    const net::Memory self = net::memory_of(this, sizeof *this);
    return {self.begin, stream.begin - self.begin + stream.bytes};
  }

 private:
  friend net::Task<void> serve(std::unique_ptr<ClientConnection> connection);

  enum class HeadState : std::uint8_t { waiting, ready, refused };
  HeadState look_for_head() noexcept;
  void skip_empty_lines() noexcept;
  HeadState refuse(HeadProblem problem) noexcept;
  void refuse_plain() noexcept;
  net::Task<net::IoStatus> enter_by_listener();
  net::SteadyTime head_deadline() noexcept;
  bool has_had_its_share() noexcept;
  void begin_request() noexcept;
  net::Task<void> refuse_request();
  void finish_request() noexcept;
  net::Task<void> close_gently();
  net::Task<BodyPiece> read_body_unasked();

  BodyFraming choose_framing(const ResponseHead& head) const noexcept;
  Persistence choose_persistence(const ResponseHead& head) noexcept;
  std::span<const char> write_head(const ResponseHead& head, const ResponseExtras& extras,
                                   Persistence persistence);

  void close_if_idle() noexcept override;
  void close_now() noexcept override;
  const Listener& listener() const noexcept override { return *listener_; }
  // No further request than the one that may be on its way.
  bool is_draining() const noexcept { return plane_.draining || listener_->address->retired(); }
  void on_unawaited(bool alive) override;

  WorkerPlane& plane_;
  std::shared_ptr<Listener> listener_;
  ClientWatcher* watcher_ = nullptr;

  // ---- of the current request ----
  HeadScan scan_;
  BodyReader body_;
  net::SteadyTime head_began_{};  // when its first byte was seen
  FailureKind refusal_ = FailureKind::none;
  std::string_view refusal_detail_;
  std::uint32_t head_size_ = 0;
  std::uint32_t served_ = 0;  // requests so far
  net::ClientKey client_key_;
  net::SteadyTime turn_{};      // of the worker, in which the last request ended
  std::uint32_t requests_ = 0;  // in that turn
  std::uint8_t empty_lines_ = 0;
  Method method_ = Method::other;
  bool head_parsed_ = false;  // the plane's request head is this one
  bool http_1_0_ = false;
  bool wants_keep_alive_ = false;
  bool awaits_continue_ = false;
  bool idle_ = true;
  bool closing_ = false;  // no further request on this connection
  bool broken_ = false;   // close without ceremony, visibly
  bool tunnelled_ = false;
  BodyFraming response_framing_ = BodyFraming::none;

  // ---- of the connection ----
  Peer peer_;
  WorkerPlane::Clients::iterator entry_;
  net::Stream stream_;  // last: with what is touched of it the rest is one piece
};

// The life of the connection. Owns it.
net::Task<void> serve(std::unique_ptr<ClientConnection> connection);

}  // namespace sluice::proxy::http1
