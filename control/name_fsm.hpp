#pragma once
// What is known of one host name, and when to ask again. Pure: the resolver asks and keeps time.
//
// Invariant: a failure never takes addresses away; an answer equal to the last is no change.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace sluice::control {

using NameTime = std::chrono::steady_clock::time_point;

struct NamePace {
  std::chrono::milliseconds ttl_min{1'000};
  std::chrono::milliseconds ttl_max{3'600'000};
  std::chrono::milliseconds without_ttl{30'000};  // answers of a hosts file have none
  std::chrono::milliseconds failure_min{1'000};   // then twice as long each time
  std::chrono::milliseconds failure_max{30'000};
};

class NameFsm {
 public:
  explicit NameFsm(const NamePace& pace) : pace_(pace) {}

  // Whether and since when a question should be asked.
  NameTime due() const noexcept { return due_; }
  // It has been answered at least once, well or not.
  bool heard() const noexcept { return heard_; }
  // Sorted, each once.
  const std::vector<std::string>& addresses() const noexcept { return addresses_; }

  // True when the addresses are others than before. An answer without any is a failure.
  bool on_answer(std::vector<std::string> addresses, std::optional<std::chrono::seconds> ttl,
                 NameTime now);
  void on_failure(NameTime now);

 private:
  NamePace pace_;
  NameTime due_{};  // at once
  bool heard_ = false;
  std::vector<std::string> addresses_;
  std::chrono::milliseconds back_off_{0};
};

}  // namespace sluice::control
