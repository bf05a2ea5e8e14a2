#pragma once
// The picture that a demo draws: pure text from numbers.
#include <chrono>
#include <string>

#include "app/demo/tally.hpp"

namespace sluice::app::demo {

struct Picture {
  const Count& count;
  std::chrono::milliseconds elapsed;
  double requests_per_second;
  bool colour = false;
};

// Some lines, each ended; always the same number of them for the same variants.
std::string draw_table(const Picture& picture);

// One line: whether the split is as configured.
std::string draw_verdict(const Count& count, bool colour);

}  // namespace sluice::app::demo
