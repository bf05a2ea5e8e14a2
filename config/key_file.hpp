#pragma once
// Files of secret keys that the configuration names.
#include <string>
#include <vector>

#include "config/reader.hpp"

namespace sluice::config {

inline constexpr std::size_t kKeyBytesMin = 16;

// Appends the decoded keys of `file`, one base64 line each.
//
// Errors: a file that cannot be read or holds no key is reported at `place`; a bad line at its own
//         file and line. Messages never show a key.
void read_key_file(const std::string& file, const Place& place, Reader& reader,
                   std::vector<std::string>& keys);

}  // namespace sluice::config
