#pragma once
// Writes into memory that is known to be large enough.
//
// Path: hot.
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice {

class Cursor {
 public:
  explicit Cursor(char* out) noexcept : begin_(out), at_(out) {}

  Cursor& text(std::string_view text) noexcept {
    if (text.empty()) return *this;  // it may have no address
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Cursor& sign(char c) noexcept {
    *at_++ = c;
    return *this;
  }
  Cursor& number(std::uint64_t value) noexcept {
    at_ = std::to_chars(at_, at_ + 20, value).ptr;
    return *this;
  }
  char* at() const noexcept { return at_; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - begin_); }

 private:
  char* begin_;
  char* at_;
};

}  // namespace sluice
