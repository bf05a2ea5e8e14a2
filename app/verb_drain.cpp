// `sluice drain`: as TERM, over the admin API.
#include <iostream>

#include <CLI/CLI.hpp>

#include "app/client.hpp"
#include "app/verbs.hpp"

namespace sluice::app {

void add_drain(CLI::App& app, int& exit_code) {
  CLI::App* const verb = app.add_subcommand(
      "drain", "Have the running proxy take no more connections, and end with the last one");
  const auto admin = add_admin_options(*verb);
  verb->callback([admin, &exit_code] {
    if (ask_json(*admin, {.method = "POST", .target = "/api/v1/drain"}, exit_code))
      std::cout << "draining\n";
  });
}

}  // namespace sluice::app
