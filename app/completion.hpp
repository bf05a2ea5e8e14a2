#pragma once
// Scripts that let a shell complete our command line. Pure.
#include <string>
#include <vector>

#include "app/command_line.hpp"

namespace sluice::app {

std::string bash_completion(const std::vector<VerbWords>& verbs);
std::string zsh_completion(const std::vector<VerbWords>& verbs);
std::string fish_completion(const std::vector<VerbWords>& verbs);

}  // namespace sluice::app
