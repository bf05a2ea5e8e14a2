#pragma once
// What the fuzzers of heads share.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "proxy/http1/head_parser.hpp"

namespace sluice::fuzz {

// Of what comes in, and, with room for what we add, of what we have written ourselves.
inline constexpr proxy::http1::HeadLimits kLimits{.bytes = 4096, .count = 100, .first_line = 2048};
inline constexpr proxy::http1::HeadLimits kWide{
    .bytes = 1 << 20, .count = proxy::FieldList::kMax, .first_line = 1 << 19};

inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fputs(what, stderr);
  std::abort();
}

// The fields that pass, in their order, without those that `skipped` names.
template <class Predicate>
std::vector<proxy::Field> passing(const proxy::FieldList& fields, Predicate skipped) {
  std::vector<proxy::Field> out;
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (!fields.dropped(i) && !skipped(fields.id(i))) out.push_back(fields[i]);
  return out;
}

inline void must_be_same(const std::vector<proxy::Field>& before,
                         const std::vector<proxy::Field>& after) {
  must(before.size() == after.size(), "number of fields");
  for (std::size_t i = 0; i < before.size(); ++i)
    must(before[i].name == after[i].name && before[i].value == after[i].value, "field");
}

}  // namespace sluice::fuzz
