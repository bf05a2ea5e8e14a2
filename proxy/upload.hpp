#pragma once
// The request body on its way from the client to the upstream.
//
// Thread: the worker's.   Path: hot.
// Shape:  first_piece() with each attempt; if that was not the last piece, run() beside the
//         receiving of the response, and stop() once that is over.
#include <chrono>
#include <cstdint>

#include "net/task.hpp"
#include "net/worker.hpp"
#include "proxy/client_side.hpp"
#include "proxy/placing.hpp"
#include "proxy/upstream_side.hpp"

namespace sluice::proxy {

class Upload {
 public:
  // All outlive this.
  Upload(net::Worker& worker, ClientSide& client, Placing& placing) noexcept
      : worker_(worker), client_(client), placing_(placing) {}

  // Call once the head has been read.
  void expect(BodyFraming body) noexcept { body_ = body; }

  // What of the body has arrived with the head. A small whole body goes into the image, so that
  // another attempt can send it again.
  BodyPiece first_piece();

  // Sends the rest. `patience`: how long the upstream may take to answer from the end of the body.
  net::Task<void> run(UpstreamSide& upstream, std::chrono::milliseconds patience);
  bool running() const noexcept { return running_; }
  // The rest is not wanted any more: run() ends soon.
  void stop(UpstreamSide& upstream) noexcept;

  // Whether whatever was taken of the body is in the image.
  bool replayable() const noexcept { return replayable_; }
  // The piece with which the client failed us, if it did while run() lasted: broken().
  const BodyPiece& failure() const noexcept { return failure_; }
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  net::Worker& worker_;
  ClientSide& client_;
  Placing& placing_;
  BodyFraming body_ = BodyFraming::none;
  bool taken_ = false;  // from the client, at least in part
  bool replayable_ = true;
  bool running_ = false;
  bool unwanted_ = false;
  BodyPiece failure_;
  std::uint64_t bytes_ = 0;
};

}  // namespace sluice::proxy
