#pragma once
// One value of a report against what is expected of it.
//
// Thread: immutable.   Path: cold.
// Invariant: an absent value passes nothing but `exists: false`; a value of another type than the
//            operand's passes nothing but not_equal. null is a value: it exists.
#include <memory>
#include <string>

#include "health/json_report.hpp"
#include "routing/spec.hpp"

namespace re2 {
class RE2;
}

namespace sluice::health {

class JsonTest {
 public:
  explicit JsonTest(routing::JsonTest spec);

  bool passes(const ReportValue& value) const;
  // Why it does not, as the end of a sentence that began with the value: ", not >= 0.1".
  std::string objection(const ReportValue& value) const;

 private:
  routing::JsonTest spec_;
  std::shared_ptr<const re2::RE2> regex_;  // of `matches`
};

// "/checks/database is false"
std::string statement(const std::string& pointer, const ReportValue& value);

}  // namespace sluice::health
