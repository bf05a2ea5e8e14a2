#include "proxy/http1/body_reader.hpp"

#include <algorithm>

#include "net/worker.hpp"

namespace sluice::proxy::http1 {

void BodyReader::start(BodyFraming framing, std::uint64_t content_length) noexcept {
  framing_ = framing;
  left_ = framing == BodyFraming::length ? content_length : 0;
  finished_ = framing == BodyFraming::none || (framing == BodyFraming::length && left_ == 0);
  taken_ = 0;
  if (framing == BodyFraming::chunked) decoder_ = ChunkedDecoder();
}

BodyPiece BodyReader::take(net::Stream& stream, std::size_t offset) noexcept {
  taken_ = offset;
  if (finished_) return {{}, BodyEnd::last};
  const std::span<char> input = stream.input().subspan(offset);
  if (framing_ == BodyFraming::chunked) {
    const ChunkedDecoder::Step step = decoder_.decode(input);
    taken_ = offset + step.consumed;
    finished_ = step.status == ChunkedDecoder::Status::done;
    if (step.status == ChunkedDecoder::Status::bad) return {{}, BodyEnd::malformed};
    return {input.first(step.produced), finished_ ? BodyEnd::last : BodyEnd::more};
  }
  std::size_t size = input.size();
  if (framing_ == BodyFraming::length) {
    size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, size));
    left_ -= size;
    finished_ = left_ == 0;
  }
  taken_ = offset + size;
  return {input.first(size), finished_ ? BodyEnd::last : BodyEnd::more};
}

void BodyReader::finish_piece(net::Stream& stream) noexcept {
  stream.consume(std::exchange(taken_, 0));
}

net::Task<BodyPiece> BodyReader::next(net::Stream& stream, std::chrono::milliseconds gap) {
  finish_piece(stream);
  for (;;) {
    if (!stream.input().empty() || finished_) {
      const BodyPiece piece = take(stream);
      if (!piece.bytes.empty() || piece.end != BodyEnd::more) co_return piece;
      finish_piece(stream);
    }
    const net::IoStatus status = co_await stream.receive(stream.worker().now() + gap);
    if (status == net::IoStatus::ok) continue;
    if (status == net::IoStatus::eof && framing_ == BodyFraming::until_close) {
      finished_ = true;
      co_return BodyPiece{{}, BodyEnd::last, status};
    }
    co_return BodyPiece{{}, BodyEnd::cut, status};
  }
}

}  // namespace sluice::proxy::http1
