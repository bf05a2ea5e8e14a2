#pragma once
// What is known about one request when its access log line is due, with copies of the texts that
// will be gone by then. The record is the front part of a memory block; the texts fill the rest.
//
// Thread:    filled by one worker, then read by the writer; it belongs to one of them at a time.
// Path:      hot: plain stores and small copies; nothing is formatted here.
// Shape:     take one from a LogTap with room for the texts, put() each at most once.
// Invariant: put() never writes beyond the block. A text longer than its limit, or than the room
//            that is left, is cut and ends in kCutMark.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sluice::telemetry {

class LogTap;

enum class LogText : std::uint8_t {
  request_id,
  trace_id,
  client_ip,
  method,
  host,
  path,
  referer,
  user_agent,
  route,
  upstream,
  endpoint,
  count
};
inline constexpr std::size_t kLogTexts = static_cast<std::size_t>(LogText::count);

// Bytes, in the order of LogText. Together they fit the larger block, so that a path of any length
// leaves the line its other texts.
inline constexpr std::array<std::uint16_t, kLogTexts> kLogTextMax{128,   32,    64, 32, 256, 4'096,
                                                                  1'024, 1'024, 64, 64, 128};
inline constexpr std::size_t kLogTextsMax = [] {
  std::size_t sum = 0;
  for (const std::uint16_t limit : kLogTextMax) sum += limit;
  return sum;
}();
inline constexpr std::string_view kCutMark = "...[cut]";

class LogRecord {
 public:
  LogRecord(LogTap* owner, std::uint16_t capacity, bool of_slab) noexcept
      : owner_(owner), capacity_(capacity), of_slab_(of_slab) {}

  std::chrono::steady_clock::time_point began{};
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds upstream_duration{-1};  // negative: no upstream was turned to
  std::uint64_t request_bytes = 0;                 // of bodies
  std::uint64_t response_bytes = 0;
  std::uint64_t generation = 0;  // 0: refused before a snapshot mattered
  std::int32_t retries = -1;     // negative: no upstream was turned to
  std::uint16_t status = 0;
  // Texts that live as long as the process; empty: absent.
  std::string_view scheme;
  std::string_view protocol;
  std::string_view split_reason;
  std::string_view failure;

  void put(LogText which, std::string_view text) noexcept;
  std::string_view text(LogText which) const noexcept {
    const Extent& extent = texts_[static_cast<std::size_t>(which)];
    return {chars() + extent.at, extent.size};
  }

 private:
  friend class LogTap;
  friend struct RecycleDraft;
  struct Extent {
    std::uint16_t at = 0;
    std::uint16_t size = 0;
  };
  const char* chars() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  char* chars() noexcept { return reinterpret_cast<char*>(this + 1); }

  std::array<Extent, kLogTexts> texts_{};
  LogTap* owner_;
  LogRecord* next_ = nullptr;  // in a list of blocks that are free
  std::uint16_t capacity_;     // bytes for texts
  std::uint16_t used_ = 0;
  bool of_slab_;
};

}  // namespace sluice::telemetry
