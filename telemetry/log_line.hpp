#pragma once
// Turns records into lines of text.
//
// Thread: one, the writer's.   Path: warm: off the workers, but once a request.
// Shape:  a line ends in '\n' and has no other one, whatever bytes the texts hold.
// Source: contract section 5; RFC 8259; RFC 3339; nginx's `combined` and its escaping.
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "base/cursor.hpp"
#include "telemetry/log_record.hpp"
#include "telemetry/spec.hpp"

namespace sluice::telemetry {

// The text of a second in UTC, made anew only when the second changes.
class SecondText {
 public:
  using Print = std::size_t (*)(const std::tm& parts, char (&out)[40]);
  explicit SecondText(Print print) : print_(print) {}
  std::string_view of(std::chrono::sys_seconds second);

 private:
  Print print_;
  std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();
  char text_[40] = {};
  std::size_t size_ = 0;
};

class LineWriter {
 public:
  explicit LineWriter(LogFormat format);
  // `began`: what the wall clock showed at record.began.
  void append(const LogRecord& record, std::chrono::system_clock::time_point began,
              std::string& out);

 private:
  using WallTime = std::chrono::system_clock::time_point;
  void put_json(const LogRecord& record, WallTime began, Cursor& out);
  void put_combined(const LogRecord& record, WallTime began, Cursor& out);

  LogFormat format_;
  SecondText second_;
  std::unique_ptr<char[]> line_;  // as long as a line can be
};

// The inside of a JSON string. Lossless: a byte that belongs to no UTF-8 character, and a backslash
// itself, is written as the four characters \xHH, so that reading \xHH back gives the very bytes.
// At most kEscapedMax bytes for one.
void put_json_text(std::string_view text, Cursor& out);

// nginx's escaping of log variables: '"', '\', control characters, DEL and bytes above it as \xHH.
void put_combined_text(std::string_view text, Cursor& out);
inline constexpr std::size_t kEscapedMax = 6;  // \u00HH

}  // namespace sluice::telemetry
