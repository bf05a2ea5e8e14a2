#include "proxy/tunnel.hpp"

#include "net/worker.hpp"

namespace sluice::proxy {
namespace {

constexpr unsigned kPiecesBetweenYields = 16;

struct Shared {
  std::chrono::milliseconds idle;
  const net::Stream* failed;
  net::SteadyTime last_byte;  // either way: a quiet listener must not end a busy speaker
};

net::Task<net::IoStatus> wait_for_bytes(net::Stream& from, Shared& shared) {
  for (;;) {
    const net::IoStatus status = co_await from.receive(shared.last_byte + shared.idle);
    const bool others_spoke = from.worker().now() < shared.last_byte + shared.idle;
    if (status != net::IoStatus::timed_out || !others_spoke) co_return status;
  }
}

net::Task<void> pump(net::Stream& from, net::Stream& to, Shared& shared, std::uint64_t& bytes) {
  net::IoStatus status = net::IoStatus::ok;
  const net::Stream* side = &from;  // that `status` speaks of
  for (unsigned pieces = 1; status == net::IoStatus::ok; ++pieces) {
    if (from.input().empty()) status = co_await wait_for_bytes(from, shared);
    if (status != net::IoStatus::ok) break;
    side = &to;
    shared.last_byte = from.worker().now();
    const std::size_t size = from.input().size();
    iovec piece{from.input().data(), size};
    status = co_await to.send({&piece, 1});
    if (status == net::IoStatus::ok) side = &from;
    from.consume(size);
    bytes += size;
    if (pieces % kPiecesBetweenYields == 0) co_await from.worker().let_others_run();
  }
  if (status == net::IoStatus::eof) {
    to.shutdown_write();
  } else {
    if (shared.failed == nullptr && status == net::IoStatus::reset) {
      shared.failed = side;
      (side == &from ? to : from).reset_on_close();  // no clean end for the other
    }
    from.cancel(net::IoStatus::cancelled);
    to.cancel(net::IoStatus::cancelled);
  }
}

}  // namespace

net::Task<TunnelOutcome> run_tunnel(net::Stream& client, net::Stream& upstream,
                                    std::chrono::milliseconds idle) {
  client.set_write_timeout(idle);
  upstream.set_write_timeout(idle);
  Shared shared{idle, nullptr, client.worker().now()};
  TunnelOutcome outcome;
  net::Task<void> downstream = pump(upstream, client, shared, outcome.bytes_from_upstream);
  downstream.start();
  co_await pump(client, upstream, shared, outcome.bytes_from_client);
  co_await downstream;
  if (shared.failed == &client) outcome.end = TunnelEnd::client_failed;
  if (shared.failed == &upstream) outcome.end = TunnelEnd::upstream_failed;
  co_return outcome;
}

}  // namespace sluice::proxy
