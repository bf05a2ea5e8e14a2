#pragma once
// Writes into memory that is known to be large enough.
//
// Path: warm.
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice::telemetry {

class LineCursor {
 public:
  explicit LineCursor(char* at) noexcept : at_(at) {}

  LineCursor& text(std::string_view text) noexcept {
    if (text.empty()) return *this;  // it may have no address
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  LineCursor& sign(char c) noexcept {
    *at_++ = c;
    return *this;
  }
  LineCursor& number(std::uint64_t value) noexcept {
    at_ = std::to_chars(at_, at_ + 20, value).ptr;
    return *this;
  }
  char* at() const noexcept { return at_; }

 private:
  char* at_;
};

}  // namespace sluice::telemetry
