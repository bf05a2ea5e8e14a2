// `sluice version`
#include <iostream>

#include <CLI/CLI.hpp>

#include "app/verbs.hpp"

namespace sluice::app {

void add_version(CLI::App& app, int& exit_code) {
  CLI::App* verb = app.add_subcommand("version", "Print the version");
  verb->callback([&exit_code] {
    std::cout << "sluice " << SLUICE_VERSION << '\n';
    exit_code = kExitOk;
  });
}

}  // namespace sluice::app
