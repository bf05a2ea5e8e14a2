#pragma once
// What a write depends on: upon what (entity tags), and whether it is to be done at all.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "admin/exchange.hpp"
#include "base/result.hpp"

namespace sluice::admin {

// Of a generation: "42" with its quotes.
inline std::string entity_tag(std::uint64_t generation) {
  return '"' + std::to_string(generation) + '"';
}

// What If-Match allows: the generation, or any for `*`. Errors: 428 when the field is not there,
// 412 when it is no tag of ours. Source: RFC 9110 section 13.1.1, RFC 6585 section 3.
std::variant<std::optional<std::uint64_t>, Response> read_if_match(const Request& request);

// ?dry_run=true. Errors: 400 for anything but true and false: a typing error must not do it.
Result<bool, Response> read_dry_run(const Call& call);

}  // namespace sluice::admin
