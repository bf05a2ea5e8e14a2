#pragma once
// Values back to YAML.
#include <string>

#include "config/codec.hpp"
#include "config/configuration.hpp"
#include "config/tree.hpp"

namespace sluice::config {

// The configuration as a file. Loading it gives an equal Configuration: with Detail::everything
// every default is spelt out, with Detail::changes only what differs from the defaults. Variables
// are already replaced and comments are gone; the content of sticky_keys_file is never shown.
std::string render(const Configuration& configuration, Detail detail);

// Any tree, in block style; lists of plain values stay on one line.
std::string render_block(const Tree& tree);
// Any tree on one line.
std::string render_inline(const Tree& tree);

}  // namespace sluice::config
