#include "proxy/entrance.hpp"

#include "net/tls/session.hpp"

namespace sluice::proxy {
namespace {

using net::IoStatus;
using net::tls::HandshakeFailure;

constexpr char kHandshakeRecord = 0x16;  // RFC 8446 section 5.1

HandshakeFailure failure_of(IoStatus status, const net::tls::Session* session) noexcept {
  if (status == IoStatus::timed_out) return HandshakeFailure::timed_out;
  return session != nullptr ? session->failure() : HandshakeFailure::closed;
}

net::Task<IoStatus> shake_hands(WorkerPlane& plane, Listener& listener, net::Stream& stream,
                                Peer& peer, net::SteadyTime until) {
  IoStatus status = IoStatus::ok;
  if (stream.input().empty()) status = co_await stream.receive(until);
  if (status == IoStatus::ok && stream.input().front() != kHandshakeRecord) {
    listener.handshakes.add(HandshakeFailure::not_tls);
    co_return status;
  }
  if (status == IoStatus::ok) {
    const auto worker = static_cast<std::size_t>(plane.worker.id());
    stream.start_tls(std::make_unique<net::tls::Session>(listener.tls[worker]));
    status = co_await stream.handshake(until);
  }
  if (status != IoStatus::ok) {
    listener.handshakes.add(failure_of(status, stream.tls()));
    co_return status;
  }
  peer.secure = true;
  listener.handshakes.add(HandshakeFailure::none);
  if (stream.tls()->resumed()) listener.handshakes.add_resumed();
  co_return status;
}

}  // namespace

net::Task<IoStatus> enter(WorkerPlane& plane, Listener& listener, net::Stream& stream, Peer& peer) {
  const net::SteadyTime until = plane.worker.now() + listener.spec.timeouts.handshake;
  return shake_hands(plane, listener, stream, peer, until);
}

}  // namespace sluice::proxy
