// `sluice schema [--markdown]`
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/verbs.hpp"
#include "config/schema.hpp"

namespace sluice::app {

void add_schema(CLI::App& app, int& exit_code) {
  auto markdown = std::make_shared<bool>(false);
  CLI::App* verb = app.add_subcommand("schema", "JSON Schema of the configuration, for editors");
  verb->add_flag("--markdown", *markdown, "The reference instead, as in docs/CONFIG.md");
  verb->callback([markdown, &exit_code] {
    std::cout << (*markdown ? config::reference_markdown() : config::json_schema());
    exit_code = kExitOk;
  });
}

}  // namespace sluice::app
