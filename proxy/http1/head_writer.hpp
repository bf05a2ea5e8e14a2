#pragma once
// Writes HTTP/1 heads: the fields that may pass, framing made anew, and what we add.
//
// Path:  hot: one memory block of a size known beforehand, then plain copies.
// Shape: `*_bound()` says how many bytes are enough; the writer returns how many it used.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/forwarded.hpp"
#include "proxy/listener_headers.hpp"
#include "proxy/message.hpp"
#include "routing/snapshot.hpp"

namespace sluice::proxy::http1 {

// The request as it shall reach the upstream, beside the fields of its head.
struct RequestImage {
  const RequestHead& head;
  std::string_view target;     // after rewriting
  std::string_view authority;  // after rewriting
  const routing::HeaderEdits& edits;
  const Forwarding& forwarding;
};
std::size_t request_bound(const RequestImage& image) noexcept;
std::size_t write_request(const RequestImage& image, char* out) noexcept;

enum class Persistence : std::uint8_t {
  implied,     // nothing to say
  keep_alive,  // to a 1.0 client that asked for it
  close,
  upgrade,  // 101
};

struct ResponseImage {
  const ResponseHead& head;
  BodyFraming framing;
  Persistence persistence = Persistence::implied;
  const routing::HeaderEdits& edits;
  std::string_view block;                // ready field lines of ours: Set-Cookie, debug headers
  std::string_view listener_block = {};  // likewise: Strict-Transport-Security
  const ListenerHeaders* listener_edits = nullptr;
};
std::size_t response_bound(const ResponseImage& image) noexcept;
std::size_t write_response(const ResponseImage& image, char* out) noexcept;

// "1f4\r\n"; `out` holds at least 18 bytes.
std::size_t write_chunk_size(std::size_t size, char* out) noexcept;

}  // namespace sluice::proxy::http1
