// `sluice run -c FILE`: the proxy in the foreground.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/server.hpp"
#include "app/verbs.hpp"

namespace sluice::app {

void add_run(CLI::App& app, int& exit_code) {
  auto path = std::make_shared<std::string>();
  CLI::App* const verb = app.add_subcommand("run", "Run the proxy in the foreground");
  verb->add_option("-c,--config", *path, "Configuration file")->required()->type_name("FILE");
  verb->callback([path, &exit_code] { exit_code = run_server(*path); });
}

}  // namespace sluice::app
