// `sluice config show [--effective] FILE`
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/verbs.hpp"
#include "config/load.hpp"
#include "config/render.hpp"

namespace sluice::app {
namespace {

struct Options {
  std::string file;
  bool effective = false;
};

int show(const Options& options) {
  const auto loaded = config::load_file(options.file);
  if (!loaded) {
    std::cerr << config::format_text(loaded.error());
    return kExitFailed;
  }
  const auto detail = options.effective ? config::Detail::everything : config::Detail::changes;
  std::cout << config::render(*loaded, detail);
  return kExitOk;
}

}  // namespace

void add_config_show(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("config", "Look at a configuration");
  group->require_subcommand(1);
  CLI::App* verb = group->add_subcommand(
      "show", "Print a configuration, variables replaced, without what equals the defaults");
  verb->add_option("FILE", options->file, "The configuration")->required();
  verb->add_flag("--effective", options->effective, "With every default filled in");
  verb->callback([options, &exit_code] { exit_code = show(*options); });
}

}  // namespace sluice::app
