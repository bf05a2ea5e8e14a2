#pragma once
// ${VAR} and ${VAR:-default} in values.
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "config/tree.hpp"

namespace sluice::config {

// `${VAR}` is the variable, an error when unset; `${VAR:-default}` the default when it is unset or
// empty, as in a shell; `$$` is one dollar sign. Any other dollar stands for itself, so that the
// regular expression `^/a$` needs no care. What a variable holds is not looked at again.
//
// Errors: a sentence without the place.
Result<std::string, std::string> expand_variables(std::string_view text,
                                                  const Environment& environment);

// The text that expand_variables() turns into `text`.
std::string escape_variables(std::string_view text);

}  // namespace sluice::config
