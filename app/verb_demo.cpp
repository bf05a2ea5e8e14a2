// `sluice demo [--headless] [--duration 10s] [--port P] [--weights blue=90,green=5,canary=5]`
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "app/demo/demo.hpp"
#include "app/process.hpp"
#include "app/verbs.hpp"
#include "base/units.hpp"

namespace sluice::app {
namespace {

struct Options {
  demo::Plan plan;
  std::string duration;
  std::string weights;
};

constexpr std::chrono::seconds kHeadlessDuration{10};

// Errors: a sentence.
std::string complete(Options& options) {
  // Who asks for a split of his own, or for a time, wants to see that.
  options.plan.story = options.weights.empty() && options.duration.empty();
  if (options.plan.story) options.plan.variants = demo::story_variants();
  if (!options.weights.empty()) {
    auto weights = demo::parse_weights(options.weights);
    if (!weights) return "--weights: " + weights.error();
    options.plan.variants = std::move(weights).value();
  }
  if (!options.duration.empty()) {
    const auto duration = parse_duration(options.duration);
    if (!duration) return "--duration: " + duration.error();
    options.plan.duration = *duration;
  } else if (options.plan.headless && !options.plan.story) {
    options.plan.duration = kHeadlessDuration;
  }
  return {};
}

// https://no-color.org: set and not empty.
bool wants_no_colour() {
  const char* const value = std::getenv("NO_COLOR");
  return value != nullptr && *value != '\0';
}

int run(Options& options) {
  if (const std::string error = complete(options); !error.empty()) {
    std::cerr << "sluice: " << error << '\n';
    return kExitUsage;
  }
  prepare_process();
  const bool terminal = ::isatty(STDOUT_FILENO) == 1 && !options.plan.headless;
  return demo::play(options.plan, {terminal, terminal && !wants_no_colour()}, std::cout);
}

}  // namespace

void add_demo(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("demo", "Backends, the proxy and a load, live");
  verb->add_flag("--headless", options->plan.headless,
                 "Do not draw: print what happens, or the final table");
  verb->add_option("--duration", options->duration,
                   "Shows a split that stays as it is, so long (30s)");
  verb->add_option("--port", options->plan.port, "Of the proxy (8080 if free, else any)");
  verb->add_option("--weights", options->weights,
                   "Shows such a split, as blue=90,green=5,canary=5");
  verb->add_option("--workers", options->plan.workers, "Threads of the proxy")
      ->check(CLI::Range(1, 64));
  verb->add_option("--seed", options->plan.seed, "Draw the same upstreams again");
  verb->footer(
      "Tells a story of half a minute: a canary that fails, and one that is slow, lose their\n"
      "traffic by themselves; a good one gets all of it by a rollout.\n"
      "Exit code: 0 all of it happened; or, of a split: no errors and every upstream within 3\n"
      "standard deviations of its share, as the clients saw it; 1 otherwise; 2 wrong usage.");
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace sluice::app
