#pragma once
// Reads one HTTP/1 message body, of either side, piece by piece from a stream's input.
//
// Thread:    the stream's worker.   Path: hot.
// Invariant: never consumes a byte behind the body; the bytes of a piece are consumed when the next
//            one is asked for, or by finish_piece().
#include <chrono>
#include <cstdint>

#include "net/stream.hpp"
#include "net/task.hpp"
#include "proxy/body.hpp"
#include "proxy/http1/chunked.hpp"
#include "proxy/message.hpp"

namespace sluice::proxy::http1 {

// How slowly a body may come. The time that counts is the time spent waiting for it: a sender that
// is held up by the other side is not slow.
struct BodyPace {
  std::chrono::milliseconds gap;       // longest wait for the next bytes
  std::uint32_t bytes_per_second = 0;  // over all waits, beyond the first `gap`; 0: whatever it is
};

// How long the next wait may be.
std::chrono::steady_clock::duration patience(const BodyPace& pace, std::uint64_t brought,
                                             std::chrono::steady_clock::duration waited) noexcept;

class BodyReader {
 public:
  // `chunked_max`: how large a body may be that does not say how large it is.
  void start(BodyFraming framing, std::uint64_t content_length,
             std::uint64_t chunked_max = ~std::uint64_t{0}) noexcept;

  // What is already there behind the first `offset` bytes of the input (the head's, consumed with
  // this piece); never waits. `more` with no bytes: nothing yet.
  BodyPiece take(net::Stream& stream, std::size_t offset = 0) noexcept;

  // Waits for more, no longer than `pace` allows.
  net::Task<BodyPiece> next(net::Stream& stream, BodyPace pace);

  void finish_piece(net::Stream& stream) noexcept;
  bool finished() const noexcept { return finished_; }

 private:
  BodyFraming framing_ = BodyFraming::none;
  bool finished_ = true;
  std::uint64_t left_ = 0;     // BodyFraming::length: to come; chunked: that it may still bring
  std::size_t taken_ = 0;      // of the input, by the piece that is out
  std::uint64_t brought_ = 0;  // bytes so far, with those of the framing
  std::chrono::steady_clock::duration waited_{};  // for all of them together
  ChunkedDecoder decoder_;
};

}  // namespace sluice::proxy::http1
