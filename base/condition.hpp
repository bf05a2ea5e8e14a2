#pragma once
// A condition on one number, as people write it: "result >= 0.95", "result > 1 && result < 3",
// "result[0] <= 0.01 || result == 5". Comparisons joined by && (binds closer) and ||.
//
// Path: cold.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sluice {

class Condition {
 public:
  // Errors: a sentence for a human, without the name of the field.
  static Result<Condition, std::string> parse(std::string_view text);
  bool holds(double result) const noexcept;

 private:
  enum class Relation : std::uint8_t { less, less_equal, greater, greater_equal, equal, unequal };
  struct Comparison {
    Relation relation = Relation::less;
    double limit = 0;
    bool holds(double result) const noexcept;
  };
  static Result<Comparison, std::string> parse_comparison(std::string_view text);

  std::vector<std::vector<Comparison>> any_of_all_;
};

}  // namespace sluice
