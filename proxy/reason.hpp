#pragma once
// The words that go with a status code.
//
// Source: RFC 9110 section 15, RFC 6585.
#include <cstdint>
#include <string_view>

namespace sluice::proxy {

// Empty for codes that nobody has given a name (RFC 9112 section 4 lets that be).
std::string_view reason_of(std::uint16_t status) noexcept;

}  // namespace sluice::proxy
