#include "proxy/http1/body_reader.hpp"

#include <algorithm>

#include "net/worker.hpp"

namespace sluice::proxy::http1 {

std::chrono::steady_clock::duration patience(const BodyPace& pace, std::uint64_t brought,
                                             std::chrono::steady_clock::duration waited) noexcept {
  using std::chrono::steady_clock;
  if (pace.bytes_per_second == 0) return pace.gap;
  const std::chrono::duration<double> earned(static_cast<double>(brought) / pace.bytes_per_second);
  const std::chrono::duration<double> left = pace.gap + earned - waited;
  if (left >= pace.gap) return pace.gap;
  return std::max(std::chrono::duration_cast<steady_clock::duration>(left),
                  steady_clock::duration::zero());
}

void BodyReader::start(BodyFraming framing, std::uint64_t content_length,
                       std::uint64_t chunked_max) noexcept {
  framing_ = framing;
  left_ = framing == BodyFraming::length ? content_length : chunked_max;
  finished_ = framing == BodyFraming::none || (framing == BodyFraming::length && left_ == 0);
  taken_ = 0;
  brought_ = 0;
  waited_ = {};
  if (framing == BodyFraming::chunked) decoder_ = ChunkedDecoder();
}

BodyPiece BodyReader::take(net::Stream& stream, std::size_t offset) noexcept {
  finish_piece(stream);  // asked again, for another attempt: the decoder has seen those bytes
  taken_ = offset;
  if (finished_) return {{}, BodyEnd::last};
  const std::span<char> input = stream.input().subspan(offset);
  if (framing_ == BodyFraming::chunked) {
    const ChunkedDecoder::Step step = decoder_.decode(input);
    taken_ = offset + step.consumed;
    finished_ = step.status == ChunkedDecoder::Status::done;
    if (step.status == ChunkedDecoder::Status::bad) return {{}, BodyEnd::malformed};
    if (step.produced > left_) return {{}, BodyEnd::too_large};
    left_ -= step.produced;
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
  brought_ += taken_;
  stream.consume(std::exchange(taken_, 0));
}

net::Task<BodyPiece> BodyReader::next(net::Stream& stream, BodyPace pace) {
  finish_piece(stream);
  for (;;) {
    if (!stream.input().empty() || finished_) {
      const BodyPiece piece = take(stream);
      if (!piece.bytes.empty() || piece.end != BodyEnd::more) co_return piece;
      finish_piece(stream);
    }
    const net::SteadyTime began = stream.worker().now();
    const net::IoStatus status = co_await stream.receive(began + patience(pace, brought_, waited_));
    waited_ += stream.worker().now() - began;
    if (status == net::IoStatus::ok) continue;
    if (status == net::IoStatus::eof && framing_ == BodyFraming::until_close) {
      finished_ = true;
      co_return BodyPiece{{}, BodyEnd::last, status};
    }
    co_return BodyPiece{{}, BodyEnd::cut, status};
  }
}

}  // namespace sluice::proxy::http1
