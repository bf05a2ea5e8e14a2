#include "proxy/download.hpp"

#include "proxy/cause.hpp"

namespace sluice::proxy {
namespace {

constexpr unsigned kPiecesBetweenYields = 16;

}  // namespace

net::Task<Download> download(net::Worker& worker, ClientSide& client, UpstreamSide& upstream,
                             std::chrono::milliseconds patience) {
  Download rest;
  BodyPiece piece;
  for (unsigned pieces = 1; piece.end != BodyEnd::last; ++pieces) {
    if (pieces % kPiecesBetweenYields == 0) co_await worker.let_others_run();
    piece = co_await upstream.read_body(patience);
    if (piece.broken()) {
      rest.failure = FailureKind::response_cut;
      break;
    }
    const net::IoStatus sent = co_await client.send_body(piece);
    rest.bytes += piece.bytes.size();
    if (sent != net::IoStatus::ok) {
      rest.failure = cause_of_unsent(sent);
      break;
    }
  }
  if (rest.failure != FailureKind::none) client.break_off();
  co_return rest;
}

}  // namespace sluice::proxy
