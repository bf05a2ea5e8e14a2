// `sluice rollout start|status|pause|resume|promote|abort|undo|approve|history ROUTE`, over the
// admin API.
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <unistd.h>

#include "app/client.hpp"
#include "app/verbs.hpp"
#include "base/units.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr int kExitTimeout = 124;  // as timeout(1)
constexpr std::chrono::milliseconds kLook{250};

struct Options : ClientOptions {
  std::string route;
  std::string reason;
  std::string timeout;
  bool full = false;
  bool watch = false;
};

std::string path(const Options& options, const std::string& more = "") {
  return "/api/v1/routes/" + percent_encoded(options.route) + "/rollout" + more;
}

std::string in_words(const json::object& rollout) {
  std::string words = text_of(rollout, "phase");
  if (const std::string hold = text_of(rollout, "hold"); !hold.empty()) words += " (" + hold + ")";
  const auto& steps = rollout.at("steps").as_array();
  const auto step = rollout.at("step").to_number<std::size_t>();
  words += ", step " + std::to_string(step) + " of " + std::to_string(steps.size());
  if (step > 0 && step <= steps.size())
    words += ": " + printable(steps[step - 1].as_string().c_str());
  if (rollout.contains("left_seconds"))
    words += ", " + std::to_string(rollout.at("left_seconds").to_number<int>()) + " s left";
  if (const std::string reason = text_of(rollout, "reason"); !reason.empty())
    words += "; " + reason;
  return words;
}

void print(const Options& options, const json::value& answer) {
  if (options.output == "json") return print_json(answer);
  const json::object& rollout = answer.as_object();
  std::cout << "route " << text_of(rollout, "route") << ", " << text_of(rollout, "stable") << " -> "
            << text_of(rollout, "canary") << ": " << in_words(rollout) << std::endl;
  if (const json::value* const metrics = rollout.if_contains("metrics"))
    for (const json::value& metric : metrics->as_array())
      std::cout << "  " << text_of(metric.as_object(), "in_words") << std::endl;
}

bool has_ended(const json::object& rollout) {
  const std::string phase = text_of(rollout, "phase");
  return phase == "succeeded" || phase == "aborted";
}

// Tells each news until the rollout has ended. Exit codes: 0 succeeded, 1 aborted, 124 too late.
void follow(const Options& options, std::optional<Clock::duration> limit, int& exit_code) {
  const auto began = Clock::now();
  std::string told;
  while (true) {
    const auto answer = ask_json(*options.admin, {.target = path(options)}, exit_code);
    if (!answer) return;
    const json::object& rollout = answer->as_object();
    const std::string news =
        text_of(rollout, "phase") + text_of(rollout, "hold") + json::serialize(rollout.at("step"));
    if (news != told) print(options, *answer);
    told = news;
    if (has_ended(rollout)) {
      exit_code = text_of(rollout, "phase") == "succeeded" ? kExitOk : kExitFailed;
      return;
    }
    if (limit && Clock::now() - began >= *limit) {
      std::cerr << "sluice: the rollout has not ended within that time\n";
      exit_code = kExitTimeout;
      return;
    }
    std::this_thread::sleep_for(kLook);
  }
}

void show(const Options& options, int& exit_code) {
  std::optional<Clock::duration> limit;
  if (!options.timeout.empty()) {
    const auto parsed = parse_duration(options.timeout);
    if (!parsed) {
      std::cerr << "sluice: --timeout: " << parsed.error() << '\n';
      exit_code = kExitUsage;
      return;
    }
    limit = *parsed;
  }
  if (limit || options.watch) return follow(options, limit, exit_code);
  const auto answer = ask_json(*options.admin, {.target = path(options)}, exit_code);
  if (answer) print(options, *answer);
}

void steer(const Options& options, const std::string& word, int& exit_code) {
  json::object body;
  if (!options.reason.empty()) body["reason"] = options.reason;
  if (options.full) body["full"] = true;
  const std::string more = word == "start" ? "" : "/" + word;
  const auto answer = ask_json(
      *options.admin,
      {.method = "POST", .target = path(options, more), .body = json::serialize(body)}, exit_code);
  if (answer) print(options, *answer);
}

// What the audit knows of it.
void tell_history(const Options& options, int& exit_code) {
  const auto answer =
      ask_json(*options.admin, {.target = "/api/v1/audit?target=" + percent_encoded(options.route)},
               exit_code);
  if (!answer) return;
  if (options.output == "json") return print_json(*answer);
  for (const json::value& one : answer->at("audit").as_array()) {
    const json::object& row = one.as_object();
    const std::string action = text_of(row, "action");
    if (action != "rollout" && action != "revert") continue;
    std::cout << text_of(row, "at") << ' ' << text_of(row, "actor") << ' ' << action << ": "
              << text_of(row, "before") << " -> " << text_of(row, "after") << " ("
              << text_of(row, "reason") << ")\n";
  }
}

CLI::App* add_word(CLI::App& rollout, const std::shared_ptr<Options>& options,
                   const std::string& word, const std::string& help) {
  CLI::App* const verb = rollout.add_subcommand(word, help);
  add_client_options(*verb, *options);
  verb->add_option("ROUTE", options->route, "Name of a route")->required();
  return verb;
}

}  // namespace

void add_rollout(CLI::App& app, int& exit_code) {
  CLI::App* const rollout =
      app.add_subcommand("rollout", "Move a route from one version to the next, step by step");
  rollout->require_subcommand(1);
  const struct {
    const char* word;
    const char* help;
  } commands[] = {{"start", "Start the rollout that the configuration has for the route"},
                  {"pause", "Hold it where it is"},
                  {"resume", "Go on"},
                  {"promote", "Go on to the next step, or with --full to the end"},
                  {"abort", "Give all weight back to the stable version, now"},
                  {"undo", "The same while it bakes, or after it has succeeded"},
                  {"approve", "Open the gate that it waits at"}};
  for (const auto& [word, help] : commands) {
    const auto options = std::make_shared<Options>();
    CLI::App* const verb = add_word(*rollout, options, word, help);
    verb->add_option("--reason", options->reason, "For the audit");
    if (std::string(word) == "promote")
      verb->add_flag("--full", options->full, "Skip all steps that are left");
    verb->callback(
        [options, word = std::string(word), &exit_code] { steer(*options, word, exit_code); });
  }
  const auto options = std::make_shared<Options>();
  CLI::App* const status = add_word(*rollout, options, "status", "Show it");
  status->add_option("--timeout", options->timeout,
                     "Wait until it has ended: 0 succeeded, 1 aborted, 124 not within that time");
  status->add_flag("--watch", options->watch, "Tell each news until it has ended");
  status->callback([options, &exit_code] { show(*options, exit_code); });
  const auto past = std::make_shared<Options>();
  add_word(*rollout, past, "history", "What has become of it, newest first")
      ->callback([past, &exit_code] { tell_history(*past, exit_code); });
}

}  // namespace sluice::app
