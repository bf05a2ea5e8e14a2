#pragma once
// Decodes the chunked transfer coding in place, strictly. Extensions and trailers are read, checked
// and dropped.
//
// Path:   hot.
// Shape:  feed it the stream's input as it comes; the answer does not depend on how it was cut.
// Source: RFC 9112 section 7.1; limits and refusals: design rows 1, 10, 11, 12.
#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::proxy::http1 {

class ChunkedDecoder {
 public:
  enum class Status : std::uint8_t { more, done, bad };
  struct Step {
    std::size_t consumed;  // bytes of the input that are used up
    std::size_t produced;  // body bytes, now at the front of the input
    Status status;
  };

  // Invariant: produced <= consumed <= bytes.size(); with `more` everything was consumed, with
  //            `done` what follows belongs to the next message.
  Step decode(std::span<char> bytes) noexcept;

  static constexpr std::size_t kLineMax = 1024;                 // one chunk-size line
  static constexpr std::size_t kExtensionBytesMax = 16 * 1024;  // of one body
  static constexpr std::size_t kTrailerBytesMax = 8 * 1024;

 private:
  enum class State : std::uint8_t {
    size_first,  // a hex digit must come
    size,
    extension_name,  // a token must come
    extension,
    extension_quoted,
    extension_escaped,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
    bad,
  };
  State on_byte(char c) noexcept;
  State on_size(char c) noexcept;
  State on_extension(char c) noexcept;
  State on_trailer_start(char c) noexcept;
  State on_trailer_name(char c) noexcept;
  State count_trailer(State next) noexcept;
  bool trailer_is_forbidden() const noexcept;

  State state_ = State::size_first;
  std::uint8_t size_digits_ = 0;
  std::uint16_t line_bytes_ = 0;
  std::uint16_t extension_bytes_ = 0;
  std::uint16_t trailer_bytes_ = 0;
  std::uint64_t chunk_left_ = 0;
  // The beginning of the current trailer's name, lower-case: enough to know the forbidden ones.
  std::uint8_t name_size_ = 0;
  char name_[20] = {};
};

}  // namespace sluice::proxy::http1
