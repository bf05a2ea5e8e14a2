#include "proxy/upload.hpp"

#include <algorithm>

namespace sluice::proxy {
namespace {

constexpr unsigned kPiecesBetweenYields = 16;

}  // namespace

BodyPiece Upload::first_piece() {
  if (taken_) return {{}, BodyEnd::last};  // another attempt: the image has it all
  BodyPiece piece = client_.buffered_body();
  bytes_ += piece.bytes.size();
  if (body_ == BodyFraming::none) return piece;
  if (piece.bytes.empty() && piece.end == BodyEnd::more) return piece;  // nothing of it is gone
  taken_ = true;
  replayable_ = body_ == BodyFraming::length && piece.end == BodyEnd::last &&
                placing_.image_size + piece.bytes.size() <= placing_.image.capacity();
  if (!replayable_) return piece;
  std::copy(piece.bytes.begin(), piece.bytes.end(), placing_.image.bytes() + placing_.image_size);
  placing_.image_size += piece.bytes.size();
  return {{}, BodyEnd::last};
}

net::Task<void> Upload::run(UpstreamSide& upstream, std::chrono::milliseconds patience) {
  running_ = true;
  unwanted_ = false;
  failure_ = {};
  for (unsigned pieces = 1; !unwanted_; ++pieces) {
    const bool unasked = client_.awaits_continue();
    const BodyPiece piece = co_await client_.read_body();
    if (piece.broken()) {
      if (unwanted_) break;
      failure_ = piece;
      upstream.cancel(net::IoStatus::cancelled);
      break;
    }
    taken_ = true;
    replayable_ = false;
    // It no longer waits for 100 Continue: the upstream may read to the end before it answers.
    if (unasked) upstream.receive_head_by(net::SteadyTime::max());
    bytes_ += piece.bytes.size();
    const net::IoStatus sent = co_await upstream.send_body(piece);
    // If it takes no more it may have answered all the same, but not for ever.
    if (sent != net::IoStatus::ok || piece.end == BodyEnd::last) {
      upstream.receive_head_by(worker_.now() + patience);
      break;
    }
    if (pieces % kPiecesBetweenYields == 0) co_await worker_.let_others_run();
  }
  running_ = false;
}

void Upload::stop(UpstreamSide& upstream) noexcept {
  if (!running_) return;
  unwanted_ = true;
  client_.interrupt_body();
  upstream.cancel(net::IoStatus::cancelled);
}

}  // namespace sluice::proxy
