#pragma once
// The field table of the whole configuration, and what is generated from it.
#include <string>

#include "config/codec.hpp"
#include "config/configuration.hpp"

namespace sluice::config {

// The root of the table; schema_*.cpp hold its parts, one a folder of the program.
const Codec<Configuration>& configuration_codec();

// JSON Schema, draft 2020-12, for editors. Lenient where YAML is: a `${VAR}` may stand for any
// value. Rules over several fields (references, cookie prefixes) are only in the validator.
std::string json_schema();

// docs/CONFIG.md.
std::string reference_markdown();

}  // namespace sluice::config
