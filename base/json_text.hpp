#pragma once
#include <string>
#include <string_view>

namespace sluice {

// A JSON string with its quotes. Invariant: `text` is UTF-8. Source: RFC 8259 section 7.
std::string json_string(std::string_view text);

}  // namespace sluice
