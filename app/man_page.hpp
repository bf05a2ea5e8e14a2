#pragma once
// The manual page, as roff. Pure. Source: man(7).
#include <string>
#include <vector>

#include "app/command_line.hpp"

namespace sluice::app {

std::string man_page(const std::vector<VerbWords>& verbs, const std::string& version);

}  // namespace sluice::app
