#pragma once
// What a user is told who wrote a command line that does not parse.
#include <span>
#include <string>

namespace CLI {
class App;
}

namespace sluice::app {

// "unknown verb 'valdate'; did you mean 'validate'?" for the first word of `words` (without the
// program's name) that no verb or option accepts; empty when all are known and something else is
// wrong.
std::string explain_unknown(const CLI::App& app, std::span<const std::string> words);

}  // namespace sluice::app
