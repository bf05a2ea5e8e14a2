#pragma once
// The pieces of one send: a head, and a body piece in the framing of the message.
//
// Path:  hot; lives on the stack of one send.
#include <array>
#include <span>

#include "proxy/body.hpp"
#include "proxy/http1/head_writer.hpp"

namespace sluice::proxy::http1 {

class Outgoing {
 public:
  explicit Outgoing(BodyFraming framing) noexcept : framing_(framing) {}
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;

  void add(std::span<const char> bytes) noexcept {
    if (bytes.empty()) return;
    pieces_[count_++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }

  void add_body(const BodyPiece& piece) noexcept {
    if (framing_ != BodyFraming::chunked) return add(piece.bytes);
    if (!piece.bytes.empty()) {
      add({chunk_size_.data(), write_chunk_size(piece.bytes.size(), chunk_size_.data())});
      add(piece.bytes);
      add(std::string_view("\r\n"));
    }
    if (piece.end == BodyEnd::last) add(std::string_view("0\r\n\r\n"));
  }

  std::span<iovec> pieces() noexcept { return {pieces_.data(), count_}; }

 private:
  BodyFraming framing_;
  std::size_t count_ = 0;
  std::array<char, 18> chunk_size_;
  std::array<iovec, 6> pieces_;
};

}  // namespace sluice::proxy::http1
