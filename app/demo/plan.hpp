#pragma once
// What a demo shall show: the variants with their weights, how long, where.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sluice::app::demo {

struct Variant {
  std::string name;
  std::string version;  // that its backend answers with
  std::uint32_t weight = 0;
};

// The three backends of every demo, all at their usual weights.
std::vector<Variant> usual_variants();

// Of a story: blue 90, canary 10.
std::vector<Variant> story_variants();

// "blue=90,green=5,canary=5"; a variant that is not named gets 0.
// Errors: a sentence for people.
Result<std::vector<Variant>, std::string> parse_weights(std::string_view text);

struct Plan {
  std::vector<Variant> variants = usual_variants();
  std::uint16_t port = 0;  // 0: 8080 if it is free, else one that the system picks
  std::size_t workers = 1;
  bool story = false;     // app/demo/story, with a guard; else a split that stays as it is
  bool headless = false;  // prints the final table, and what a story tells, only
  std::optional<std::chrono::milliseconds> duration;  // none: until Ctrl-C
  std::optional<std::uint64_t> requests;              // ends after that many answers
  std::optional<std::uint64_t> seed;                  // the same draws again; none: random
  std::uint32_t connections = 16;
  std::uint32_t requests_per_second = 1'000;
};

}  // namespace sluice::app::demo
