#include "proxy/http1/chunked.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/ascii.hpp"
#include "base/hex.hpp"

namespace sluice::proxy::http1 {
namespace {

constexpr std::uint64_t kChunkMax = std::uint64_t{1} << 62;

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::decode(std::span<char> bytes) noexcept {
  std::size_t at = 0;
  std::size_t produced = 0;
  while (at < bytes.size() && state_ != State::done && state_ != State::bad) {
    if (state_ != State::data) {
      state_ = on_byte(bytes[at++]);
      continue;
    }
    const auto part =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left_, bytes.size() - at));
    if (produced != at) std::memmove(bytes.data() + produced, bytes.data() + at, part);
    produced += part;
    at += part;
    chunk_left_ -= part;
    if (chunk_left_ == 0) state_ = State::data_cr;
  }
  const Status status = state_ == State::done  ? Status::done
                        : state_ == State::bad ? Status::bad
                                               : Status::more;
  return {at, produced, status};
}

ChunkedDecoder::State ChunkedDecoder::on_byte(char c) noexcept {
  switch (state_) {
    case State::size_first:
    case State::size:
      return on_size(c);
    case State::extension_name:
    case State::extension:
    case State::extension_quoted:
    case State::extension_escaped:
      return on_extension(c);
    case State::size_lf:
      if (c != '\n') return State::bad;
      return chunk_left_ == 0 ? State::trailer_start : State::data;
    case State::data_cr:
      return c == '\r' ? State::data_lf : State::bad;
    case State::data_lf:
      size_digits_ = 0;
      line_bytes_ = 0;
      return c == '\n' ? State::size_first : State::bad;
    case State::trailer_start:
      return on_trailer_start(c);
    case State::trailer_name:
      return on_trailer_name(c);
    case State::trailer_value:
      if (c == '\r') return count_trailer(State::trailer_lf);
      return is_field_value({&c, 1}) ? count_trailer(State::trailer_value) : State::bad;
    case State::trailer_lf:
      return c == '\n' ? count_trailer(State::trailer_start) : State::bad;
    case State::end_lf:
      return c == '\n' ? State::done : State::bad;
    case State::data:
    case State::done:
    case State::bad:
      break;
  }
  return State::bad;
}

ChunkedDecoder::State ChunkedDecoder::on_size(char c) noexcept {
  const int digit = hex_value(c);
  if (digit >= 0) {
    if (++size_digits_ > 16 || chunk_left_ > (kChunkMax >> 4)) return State::bad;
    chunk_left_ = chunk_left_ * 16 + static_cast<unsigned>(digit);
    return State::size;
  }
  if (state_ == State::size_first) return State::bad;
  if (c == '\r') return State::size_lf;
  return c == ';' ? State::extension_name : State::bad;
}

ChunkedDecoder::State ChunkedDecoder::on_extension(char c) noexcept {
  if (++line_bytes_ > kLineMax || ++extension_bytes_ > kExtensionBytesMax) return State::bad;
  if (state_ == State::extension_name) return is_token_char(c) ? State::extension : State::bad;
  if (state_ == State::extension && c == '\r') return State::size_lf;
  if (state_ == State::extension && c == ';') return State::extension_name;
  if (!is_field_value({&c, 1})) return State::bad;  // CR inside quotes too: CVE-2026-24033's trick
  if (state_ == State::extension_escaped) return State::extension_quoted;
  if (c == '"') return state_ == State::extension ? State::extension_quoted : State::extension;
  if (c == '\\' && state_ == State::extension_quoted) return State::extension_escaped;
  return state_;
}

ChunkedDecoder::State ChunkedDecoder::count_trailer(State next) noexcept {
  return ++trailer_bytes_ > kTrailerBytesMax ? State::bad : next;
}

ChunkedDecoder::State ChunkedDecoder::on_trailer_start(char c) noexcept {
  if (c == '\r') return State::end_lf;
  name_size_ = 0;
  return c == ':' ? State::bad : on_trailer_name(c);
}

ChunkedDecoder::State ChunkedDecoder::on_trailer_name(char c) noexcept {
  if (c == ':') return trailer_is_forbidden() ? State::bad : count_trailer(State::trailer_value);
  if (!is_token_char(c)) return State::bad;
  if (name_size_ < sizeof name_) name_[name_size_++] = to_lower(c);
  return count_trailer(State::trailer_name);
}

// Framing in a trailer has no honest use.
bool ChunkedDecoder::trailer_is_forbidden() const noexcept {
  const std::string_view name(name_, name_size_);
  return name == "content-length" || name == "transfer-encoding" || name == "host";
}

}  // namespace sluice::proxy::http1
