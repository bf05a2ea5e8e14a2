// `sluice reload`: as HUP, but that it says what came of it.
#include <iostream>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/client.hpp"
#include "app/verbs.hpp"

namespace sluice::app {

void add_reload(CLI::App& app, int& exit_code) {
  CLI::App* const verb =
      app.add_subcommand("reload", "Have the running proxy read its configuration anew");
  const auto admin = add_admin_options(*verb);
  verb->callback([admin, &exit_code] {
    const auto answer =
        ask_json(*admin, {.method = "POST", .target = "/api/v1/config/reload"}, exit_code);
    if (answer)
      std::cout << "generation " << boost::json::serialize(answer->at("generation"))
                << " is served\n";
  });
}

}  // namespace sluice::app
