#pragma once
// The upstream of one attempt, whatever protocol it speaks.
//
// Thread: the connection's worker.
// Shape:  send_request() once, send_body() until a piece ends it; beside it look_for_head() until a
//         final head is there, then buffered_body() once and read_body() until a piece ends it,
//         finish().
#include <chrono>
#include <span>
#include <string_view>

#include "net/stream.hpp"
#include "net/task.hpp"
#include "proxy/body.hpp"
#include "proxy/failure.hpp"
#include "proxy/message.hpp"

namespace sluice::proxy {

struct HeadOutcome {
  FailureKind failure = FailureKind::none;
  bool awaited = false;          // neither a head nor a failure yet
  std::string_view detail = {};  // static text
};

class UpstreamSide {
 public:
  virtual ~UpstreamSide() = default;

  // `image`: the head as the protocol writes it, and perhaps the whole body; then `first` is empty.
  // Both begin at once: what they are given is void when they return.
  virtual net::Stream::Sending send_request(std::span<const char> image,
                                            const BodyPiece& first) = 0;
  virtual net::Stream::Sending send_body(const BodyPiece& piece) = 0;

  // Looks for a head, the next one if there was one before. While it is awaited: await more() and
  // say to look_on() how that ended.
  virtual HeadOutcome look_for_head(ResponseHead& head, net::SteadyTime until) noexcept = 0;
  virtual net::Stream::ReceiveAwaiter more() noexcept = 0;
  virtual HeadOutcome look_on(ResponseHead& head, net::IoStatus received) noexcept = 0;
  virtual void receive_head_by(net::SteadyTime until) noexcept = 0;  // moves a waiting deadline
  virtual BodyPiece buffered_body() noexcept = 0;
  virtual net::Task<BodyPiece> read_body(std::chrono::milliseconds gap) = 0;

  // The last piece has been dealt with. True: the connection is fit for another request.
  virtual bool finish() noexcept = 0;
  virtual void cancel(net::IoStatus why) noexcept = 0;
  virtual bool received_anything() const noexcept = 0;
  virtual net::Stream& tunnel() noexcept = 0;
};

}  // namespace sluice::proxy
