// `sluice validate FILE [--format text|json]`
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/verbs.hpp"
#include "config/load.hpp"

namespace sluice::app {
namespace {

struct Options {
  std::string file;
  std::string format = "text";
};

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

void praise(const std::string& file, const config::Configuration& it) {
  std::cout << file << ": valid (" << counted(it.listeners.size(), "listener") << ", "
            << counted(it.routing.upstreams.size(), "upstream") << ", "
            << counted(it.routing.routes.size(), "route") << ")\n";
}

// A file that cannot be read was not judged: that is a mistake of the command line.
bool unreadable(const std::string& file) {
  return !config::read_regular_file(file).ok();
}

int validate(const Options& options) {
  const auto loaded = config::load_file(options.file);
  const bool json = options.format == "json";
  if (loaded) {
    if (json) {
      std::cout << "[]\n";
    } else {
      praise(options.file, *loaded);
    }
    return kExitOk;
  }
  if (json) {
    std::cout << config::format_json(loaded.error());
  } else {
    std::cerr << config::format_text(loaded.error());
  }
  return unreadable(options.file) ? kExitUsage : kExitFailed;
}

}  // namespace

void add_validate(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("validate", "Report every error of a configuration");
  verb->add_option("FILE", options->file, "The configuration")->required();
  verb->add_option("--format", options->format, "text (on stderr) or json (on stdout)")
      ->check(CLI::IsMember({"text", "json"}));
  verb->footer("Exit code: 0 valid, 1 invalid, 2 wrong usage or unreadable file.");
  verb->callback([options, &exit_code] { exit_code = validate(*options); });
}

}  // namespace sluice::app
