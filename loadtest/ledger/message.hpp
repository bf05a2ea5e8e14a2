#pragma once
// Reading HTTP/1.1 messages off a line. Written for the rig alone, so that a misreading of the
// proxy cannot be shared by what checks it.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loadtest/ledger/line.hpp"

namespace ledger {

enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct Head {
  std::string first_line;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case

  std::optional<std::string_view> field(std::string_view name) const;
  bool says_close() const;
};

// whole: to its exact end. cut: the connection ended before. stopped: the sink wanted no more.
enum class Ending : std::uint8_t { whole, nothing, cut, malformed, timed_out, stopped };

struct HeadRead {
  Ending ending = Ending::nothing;  // nothing: the connection ended before the first byte
  bool reset = false;               // it ended with RST
  Head head;
};
HeadRead read_head(Line& line, Clock::time_point until);

struct BodyPlan {
  Framing framing = Framing::none;
  std::uint64_t length = 0;
  bool malformed = false;
};
// How the body is framed. Of a request `answers_head` and `status` are without meaning.
BodyPlan plan_body(const Head& head, bool is_response, bool answers_head, unsigned status);

// False from the sink stops the reading.
using Sink = std::function<bool(std::string_view)>;
Ending read_body(Line& line, const BodyPlan& plan, Clock::time_point until, const Sink& sink);

// The whole of `text` as a number.
std::optional<std::uint64_t> whole_number(std::string_view text, int base = 10);
// "a/b" cut at the first blank, and so on: the part before `separator`; `rest` is what follows.
std::string_view cut_word(std::string_view& rest, char separator);
// `body` in chunks of `size` bytes, with the last chunk.
std::string in_chunks(std::string_view body, std::size_t size);

}  // namespace ledger
