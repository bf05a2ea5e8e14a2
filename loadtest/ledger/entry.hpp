#pragma once
// The two ledgers: what the client sent and what came of it; what the upstreams saw.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ledger {

enum class Method : std::uint8_t { get, head, post, put };
inline constexpr std::array<std::string_view, 4> kMethods{"GET", "HEAD", "POST", "PUT"};

constexpr std::string_view name_of(Method method) noexcept {
  return kMethods[static_cast<std::size_t>(method)];
}
constexpr std::optional<Method> find_method(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kMethods.size(); ++i)
    if (kMethods[i] == name) return static_cast<Method>(i);
  return std::nullopt;
}

// How a request ended for the client. The second half must never happen.
enum class Outcome : std::uint8_t {
  whole,       // an upstream's answer, right to its last byte
  refused,     // the proxy's own answer: 502, 503, 504
  broken,      // ended visibly before its end
  unanswered,  // pipelined behind an answer that broke or announced a close
  aborted,     // the client's own doing

  foreign_id,         // the answer to another request
  foreign_bytes,      // its own head, but bytes that are not its own
  false_end,          // a clean end in the wrong place
  false_hash,         // the upstream says that it received another body
  malformed,          // not HTTP
  unexpected_status,  // of the proxy, for a request that nothing is wrong with
  dropped,            // the connection ended without a word and without a reason
  hung,               // nothing for a minute
  count
};
inline constexpr std::array<std::string_view, static_cast<std::size_t>(Outcome::count)> kOutcomes{
    "whole",         "refused",   "broken",     "unanswered", "aborted",           "foreign id",
    "foreign bytes", "false end", "false hash", "malformed",  "unexpected status", "dropped",
    "hung"};

inline constexpr std::uint8_t kNoServer = 0xff;

struct ClientEntry {
  std::uint64_t id = 0;
  std::uint64_t body_hash = 0;
  Method method = Method::get;
  bool sent_whole = false;  // the kernel took its last byte
  Outcome outcome = Outcome::unanswered;
  std::uint8_t server = kNoServer;  // that says it has answered
  std::uint16_t status = 0;         // 0: no head was read
};

enum class Event : std::uint8_t {
  arrived,    // its head has been read
  processed,  // it has been read whole
  garbled,    // it was no request, or its parts belong to different requests
};

struct UpstreamEntry {
  std::uint64_t id = 0;
  std::uint64_t body_hash = 0;
  Method method = Method::get;
  Event event = Event::arrived;
  std::uint8_t server = 0;
};

}  // namespace ledger
