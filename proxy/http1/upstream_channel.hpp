#pragma once
// An upstream that speaks HTTP/1.1, for one request on one leased connection.
//
// Thread: its worker's.   Path: hot.
#include "proxy/http1/body_reader.hpp"
#include "proxy/http1/head_parser.hpp"
#include "proxy/upstream_side.hpp"

namespace sluice::proxy::http1 {

class UpstreamChannel final : public UpstreamSide {
 public:
  struct Request {
    Method method;
    BodyFraming framing;
    std::string_view offered;  // protocols, for 101; outlives the channel
  };
  UpstreamChannel(net::Stream& stream, Request request) noexcept
      : stream_(stream), request_(request), received_before_(stream.bytes_received()) {}

  net::Stream::Sending send_request(std::span<const char> image, const BodyPiece& first) override;
  net::Stream::Sending send_body(const BodyPiece& piece) override;
  HeadOutcome look_for_head(ResponseHead& head, net::SteadyTime until) noexcept override;
  net::Stream::ReceiveAwaiter more() noexcept override { return stream_.receive(head_until_); }
  HeadOutcome look_on(ResponseHead& head, net::IoStatus received) noexcept override;
  void receive_head_by(net::SteadyTime until) noexcept override {
    head_until_ = until;
    stream_.receive_by(until);
  }
  BodyPiece buffered_body() noexcept override;
  net::Task<BodyPiece> read_body(std::chrono::milliseconds gap) override;
  bool finish() noexcept override;
  void cancel(net::IoStatus why) noexcept override { stream_.cancel(why); }
  bool received_anything() const noexcept override {
    return stream_.bytes_received() != received_before_;
  }
  net::Stream& tunnel() noexcept override;

 private:
  HeadOutcome look(ResponseHead& head) noexcept;
  HeadOutcome interpret(ResponseHead& head, std::string_view bytes) noexcept;
  HeadOutcome head_missing(net::IoStatus status) const noexcept;

  net::Stream& stream_;
  Request request_;
  std::uint64_t received_before_;
  HeadScan scan_;
  std::size_t head_size_ = 0;  // of the head whose views are out
  net::SteadyTime head_until_{};
  BodyReader body_;
  bool keep_alive_ = false;
};

}  // namespace sluice::proxy::http1
