#pragma once
// What was answered to writes that carry an Idempotency-Key, so that one that is sent again is not
// done again.
//
// Thread:    any. Path: cold.
// Invariant: an answer is held for kHeldFor, of the newest kEntriesMax keys, in memory: after a
//            restart a key is a new one. What failed on our side (5xx) is not held: it may be tried
//            again.
// Source:    draft-ietf-httpapi-idempotency-key-header-07.
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "admin/exchange.hpp"
#include "base/crypto.hpp"

namespace sluice::admin {

class Replays {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::hours kHeldFor{24};
  static constexpr std::size_t kEntriesMax = 4'096;
  static constexpr std::size_t kKeyBytesMax = 255;

  enum class Verdict : std::uint8_t {
    fresh,    // to be done; settle() or forget() is owed
    again,    // done already: `answer`
    pending,  // being done
    another   // the key was used for something else
  };
  struct Found {
    Verdict verdict = Verdict::fresh;
    std::optional<Response> answer = {};
  };
  Found begin(const std::string& key, const Sha256Digest& request, Time now);
  void settle(const std::string& key, const Response& answer);
  void forget(const std::string& key);

 private:
  struct Entry {
    Sha256Digest request{};
    Time began{};
    std::optional<Response> answer;  // none: it is being done
  };
  void make_room(Time now);

  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  std::deque<std::string> order_;  // oldest first; also of keys that are gone
};

// Of all that makes a request the same one.
Sha256Digest fingerprint_of(const Request& request, const std::string& actor);

// One actor's keys are nothing to another.
std::string held_as(const std::string& actor, const std::string& key);

// The key of a request; nullopt: it has none. Errors: the answer that says why it is none.
Result<std::optional<std::string>, Response> read_idempotency_key(const Request& request);

// The answer in the place of doing it; nullopt: it is to be done.
std::optional<Response> answer_of(const Replays::Found& found);

}  // namespace sluice::admin
