// `sluice healthcheck`: asks a running process, over its admin listener, whether it is ready. For
// containers, which have no curl.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/admin_address.hpp"
#include "app/verbs.hpp"

namespace sluice::app {

void add_healthcheck(CLI::App& app, int& exit_code) {
  auto admin = std::make_shared<std::string>("http://127.0.0.1:9901");
  CLI::App* const verb =
      app.add_subcommand("healthcheck", "Exit 0 when the running proxy is ready, 1 when it is not");
  verb->add_option("--admin", *admin, "Admin address of the running proxy")
      ->envname("SLUICE_ADMIN")
      ->type_name("URL|unix:PATH")
      ->capture_default_str();
  verb->callback([admin, &exit_code] {
    const auto answer = ask_admin(*admin, "/readyz");
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
