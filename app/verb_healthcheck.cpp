// `sluice healthcheck`: asks a running process, over its admin listener, whether it is ready. For
// containers, which have no curl.
#include <iostream>

#include <CLI/CLI.hpp>

#include "app/admin_address.hpp"
#include "app/verbs.hpp"

namespace sluice::app {

void add_healthcheck(CLI::App& app, int& exit_code) {
  CLI::App* const verb =
      app.add_subcommand("healthcheck", "Exit 0 when the running proxy is ready, 1 when it is not");
  const auto admin = add_admin_options(*verb);
  verb->callback([admin, &exit_code] {
    const auto answer = ask_admin(*admin, {.target = "/readyz"});
    if (!answer) {
      std::cerr << "sluice: " << answer.error() << '\n';
      exit_code = kExitFailed;
      return;
    }
    std::cout << answer->body;
    if (answer->status != 200) exit_code = kExitFailed;
  });
}

}  // namespace sluice::app
