#pragma once
// Server-sent events out of bytes, however they were cut. Pure.
//
// Source: WHATWG HTML section 9.2.6; `retry` is left to who asks.
#include <optional>
#include <string>
#include <string_view>

namespace sluice::app {

struct ServerEvent {
  std::string type;
  std::string data;  // lines joined by '\n'
};

class EventParser {
 public:
  // What came before is known: who resumes.
  explicit EventParser(std::string last_id = {}) : last_id_(std::move(last_id)) {}

  void add(std::string_view bytes) { buffer_ += bytes; }
  // The next whole event; nullopt: more bytes are needed.
  std::optional<ServerEvent> next();
  // Of the newest event that next() gave, or of an id that stood alone. Empty: none so far.
  const std::string& last_id() const noexcept { return last_id_; }

 private:
  void take_field(std::string_view line);

  std::string buffer_;
  std::string id_;
  std::string last_id_;
  ServerEvent event_;
};

}  // namespace sluice::app
