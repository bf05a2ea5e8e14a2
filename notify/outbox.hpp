#pragma once
// What is still to be delivered to one receiver, oldest first: in a file beside the state, or in
// memory.
//
// Thread:    one. Path: cold; blocks on the disk.
// Invariant: at most kHeld messages; one more pushes the oldest out.
// Errors:    a file that is damaged or cannot be opened is put aside or left: the queue is in
//            memory then.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "control/sqlite.hpp"

namespace sluice::notify {

struct Waiting {
  std::int64_t number = 0;
  std::string id;
  std::string body;
  std::chrono::seconds since{};  // wall time at which it was put in
  std::chrono::seconds due{};
  unsigned attempts = 0;
};

class Outbox {
 public:
  static constexpr std::int64_t kHeld = 1'000;

  // `path` empty: in memory. `warning` gets a sentence when it had to be.
  Outbox(const std::string& path, std::string& warning);

  // False: the oldest had to go for it.
  bool add(const std::string& id, const std::string& body, std::chrono::seconds now);
  std::optional<Waiting> oldest() const;
  void postpone(const Waiting& it, std::chrono::seconds due);
  void remove(const Waiting& it);

 private:
  std::unique_ptr<control::Database> database_;
};

}  // namespace sluice::notify
