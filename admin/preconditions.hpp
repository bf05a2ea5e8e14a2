#pragma once
// Entity tags: who writes must say upon what.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "admin/exchange.hpp"

namespace sluice::admin {

// Of a generation: "42" with its quotes.
inline std::string entity_tag(std::uint64_t generation) {
  return '"' + std::to_string(generation) + '"';
}

// What If-Match allows: the generation, or any for `*`. Errors: 428 when the field is not there,
// 412 when it is no tag of ours. Source: RFC 9110 section 13.1.1, RFC 6585 section 3.
std::variant<std::optional<std::uint64_t>, Response> read_if_match(const Request& request);

}  // namespace sluice::admin
