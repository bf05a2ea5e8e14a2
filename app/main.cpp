// The program: registers the verbs and hands the command line to them.
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/usage.hpp"
#include "app/verbs.hpp"

namespace {

int report_usage(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  // --help arrives as a "parse error" with exit code 0.
  if (error.get_exit_code() == 0) return app.exit(error);
  if (argc < 2) {
    std::cerr << app.help();
    return sluice::app::kExitUsage;
  }
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto unknown = sluice::app::explain_unknown(app, words);
  std::cerr << "sluice: " << (unknown.empty() ? error.what() : unknown) << '\n'
            << "Try 'sluice --help' or 'sluice VERB --help'.\n";
  return sluice::app::kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Sluice, a reverse proxy that splits traffic", "sluice");
  int exit_code = sluice::app::kExitOk;
  app.require_subcommand(1);
  sluice::app::add_run(app, exit_code);
  sluice::app::add_healthcheck(app, exit_code);
  sluice::app::add_validate(app, exit_code);
  sluice::app::add_config_show(app, exit_code);
  sluice::app::add_schema(app, exit_code);
  sluice::app::add_demo(app, exit_code);
  sluice::app::add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error, argc, argv);
  }
  return exit_code;
}
