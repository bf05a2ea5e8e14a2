#pragma once
// The running program: everything wired together, from the file to the signals.
#include <string>

namespace sluice::app {

// Runs until SIGTERM or SIGINT, then drains; a second one ends it at once. SIGHUP reloads the file.
// Prints a line per listener and the admin address when ready. Returns the process's exit code.
int run_server(const std::string& config_path);

}  // namespace sluice::app
