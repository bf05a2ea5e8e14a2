// The program: registers the verbs, hands the command line to them, sees that what they printed
// arrived.
#include <cstdio>
#include <exception>
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

// A full disk, a closed descriptor: half an output must not pass for the whole.
int settle(int exit_code) {
  std::cout.flush();
  if (std::cout && std::fflush(stdout) == 0) return exit_code;
  std::cerr << "sluice: cannot write to standard output\n";
  return exit_code == sluice::app::kExitOk ? sluice::app::kExitFailed : exit_code;
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
  sluice::app::add_status(app, exit_code);
  sluice::app::add_weights(app, exit_code);
  sluice::app::add_rollout(app, exit_code);
  sluice::app::add_experiment(app, exit_code);
  sluice::app::add_guard(app, exit_code);
  sluice::app::add_explain(app, exit_code);
  sluice::app::add_reload(app, exit_code);
  sluice::app::add_audit(app, exit_code);
  sluice::app::add_events(app, exit_code);
  sluice::app::add_token(app, exit_code);
  sluice::app::add_drain(app, exit_code);
  sluice::app::add_completion(app, exit_code);
  sluice::app::add_man(app, exit_code);
  sluice::app::add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return settle(report_usage(app, error, argc, argv));
  } catch (const std::exception& error) {
    // An answer of another shape than ours, most likely: something else listens there.
    std::cerr << "sluice: " << error.what() << '\n';
    return settle(sluice::app::kExitFailed);
  }
  // What `run` prints is a courtesy; its exit code tells how the proxy ended.
  return app.got_subcommand("run") ? exit_code : settle(exit_code);
}
