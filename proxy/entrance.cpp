#include "proxy/entrance.hpp"

#include "net/proxy_protocol.hpp"
#include "net/tls/peer_identity.hpp"
#include "net/tls/session.hpp"

namespace sluice::proxy {
namespace {

using net::IoStatus;
using net::tls::HandshakeFailure;

constexpr char kHandshakeRecord = 0x16;  // RFC 8446 section 5.1

HandshakeFailure failure_of(IoStatus status, const net::tls::Session* session) noexcept {
  if (status == IoStatus::timed_out) return HandshakeFailure::timed_out;
  const bool said = session != nullptr && session->failure() != HandshakeFailure::none;
  return said ? session->failure() : HandshakeFailure::closed;
}

net::Task<IoStatus> shake_hands(WorkerPlane& plane, Listener& listener, net::Stream& stream,
                                Peer& peer, net::SteadyTime until) {
  IoStatus status = IoStatus::ok;
  if (stream.input().empty()) status = co_await stream.receive(until);
  if (status == IoStatus::ok && stream.input().front() != kHandshakeRecord) {
    listener.counts->handshakes.add(HandshakeFailure::not_tls);
    co_return status;
  }
  if (status == IoStatus::ok) {
    const auto worker = static_cast<std::size_t>(plane.worker.id());
    stream.start_tls(std::make_unique<net::tls::Session>(listener.tls[worker]));
    status = co_await stream.handshake(until);
  }
  if (status != IoStatus::ok) {
    listener.counts->handshakes.add(failure_of(status, stream.tls()));
    co_return status;
  }
  peer.secure = true;
  if (const Certificate shown = stream.tls()->peer_certificate())
    peer.certificate = net::tls::describe_peer(*shown);
  listener.counts->handshakes.add(HandshakeFailure::none);
  if (stream.tls()->resumed()) listener.counts->handshakes.add_resumed();
  co_return status;
}

void become(Peer& peer, const Listener& listener, const net::Address& source) {
  peer.ip = source.ip_text();
  peer.port = source.port();
  peer.trusted = listener.trusted.contains(source);
}

// Only of a hop that is believed, who has to say something.
net::Task<IoStatus> hear_of_client(Listener& listener, net::Stream& stream, Peer& peer,
                                   net::SteadyTime until) {
  for (;;) {
    const net::ProxyHeader header =
        net::read_proxy_header({stream.input().data(), stream.input().size()});
    if (header.kind == net::ProxyHeader::Kind::bad) {
      listener.counts->bad_proxy_headers.fetch_add(1, std::memory_order_relaxed);
      co_return IoStatus::reset;
    }
    if (header.kind != net::ProxyHeader::Kind::incomplete) {
      stream.consume(header.size);
      if (header.kind == net::ProxyHeader::Kind::client) become(peer, listener, header.source);
      co_return IoStatus::ok;
    }
    const IoStatus status = co_await stream.receive(until);
    if (status != IoStatus::ok) co_return status;
  }
}

}  // namespace

std::string https_location(const ListenerSpec& listener, std::string_view authority,
                           std::string_view target) {
  if (authority.empty()) return {};
  // The port of a plain listener is not that of https; one that speaks TLS is where it ought to go.
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.back() != ']';
  if (has_port && !listener.tls) authority = authority.substr(0, colon);
  return "Location: https://" + std::string(authority) +
         (target == "*" ? std::string("/") : std::string(target)) + "\r\n";
}

std::string hsts_field(const HstsSpec& spec) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(spec.max_age).count();
  return "Strict-Transport-Security: max-age=" + std::to_string(seconds) +
         (spec.include_subdomains ? "; includeSubDomains" : "") +
         (spec.preload ? "; preload" : "") + "\r\n";
}

net::Task<IoStatus> enter(WorkerPlane& plane, Listener& listener, net::Stream& stream, Peer& peer) {
  const net::SteadyTime until = plane.worker.now() + listener.spec.timeouts.handshake;
  if (listener.spec.proxy_protocol && peer.trusted) {
    const IoStatus status = co_await hear_of_client(listener, stream, peer, until);
    if (status != IoStatus::ok) co_return status;
  }
  if (!listener.spec.tls) co_return IoStatus::ok;
  co_return co_await shake_hands(plane, listener, stream, peer, until);
}

}  // namespace sluice::proxy
