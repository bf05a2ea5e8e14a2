// `sluice guard ROUTE`: what the guard of a route weighs and has done, over the admin API.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "app/client.hpp"
#include "app/verbs.hpp"
#include "base/units.hpp"

namespace sluice::app {
namespace {

namespace json = boost::json;

struct Options : ClientOptions {
  std::string route;
};

double number(const json::object& object, std::string_view name, double otherwise) {
  const json::value* const member = object.if_contains(name);
  return member != nullptr && member->is_number() ? member->to_number<double>() : otherwise;
}

bool flag(const json::object& object, std::string_view name) {
  const json::value* const member = object.if_contains(name);
  return member != nullptr && member->is_bool() && member->get_bool();
}

// Three significant digits.
std::string digits(double value) {
  return std::isfinite(value) ? format_rounded(value, 3) : "any";
}

std::string decimals(double value, int count) {
  if (!std::isfinite(value)) return "any";
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%.*f", count, std::min(value, 1e40));
  return {text, static_cast<std::size_t>(size)};
}

std::string duration(double seconds) {
  if (seconds < 120) return decimals(seconds, 1) + " s";
  if (seconds < 7200) return decimals(seconds / 60, 0) + " min";
  return decimals(seconds / 3600, 0) + " h";
}

void print_metric(const json::object& metric) {
  std::cout << "    " << text_of(metric, "metric") << ": " << decimals(number(metric, "bad", 0), 0)
            << " of " << decimals(number(metric, "bad_on_both", 0), 0) << " bad requests at "
            << digits(number(metric, "share", 0) * 100) << "% of the traffic; "
            << digits(number(metric, "ratio", INFINITY)) << " times the baseline's risk (between "
            << digits(number(metric, "ratio_low", 0)) << " and "
            << digits(number(metric, "ratio_high", INFINITY))
            << "); log E = " << digits(number(metric, "log_evidence", 0)) << " of "
            << digits(number(metric, "log_threshold", 0));
  if (metric.contains("slow_after_seconds"))
    std::cout << "; slow after " << decimals(number(metric, "slow_after_seconds", 0) * 1000, 1)
              << " ms (baseline "
              << decimals(number(metric, "slow_after_seconds_baseline", 0) * 1000, 1) << " ms)";
  if (metric.contains("decided"))
    std::cout << "; limit: " << decimals(number(metric, "over_limit", 0), 0) << " over it of "
              << decimals(number(metric, "decided", 0), 0)
              << ", log E = " << digits(number(metric, "limit_log_evidence", 0)) << " of "
              << digits(number(metric, "limit_log_threshold", 0));
  const double expected = number(metric, "expected_seconds", INFINITY);
  std::cout << "; "
            << (std::isfinite(expected) ? "decided in about " + duration(expected)
                                        : std::string("at this rate nothing is decided"))
            << " if it is " << digits(number(metric, "supposed_ratio", 1)) << " times as bad\n";
}

void print_upstream(const json::object& upstream) {
  std::cout << "  " << text_of(upstream, "upstream") << ": " << text_of(upstream, "finding") << ": "
            << text_of(upstream, "evidence") << "\n    watched for "
            << duration(number(upstream, "age_seconds", 0)) << ", "
            << decimals(number(upstream, "requests", 0), 0) << " requests"
            << (flag(upstream, "safe_to_advance") ? "; safe to advance" : "") << '\n';
  if (flag(upstream, "uncalibrated"))
    std::cout << "    uncalibrated: the baseline seems worse than itself, so only limits act\n";
  if (flag(upstream, "sample_ratio_mismatch"))
    std::cout << "    the requests are not split as the weights say\n";
  if (flag(upstream, "too_many_sessions"))
    std::cout << "    too many sessions had something bad: the comparison learns nothing more\n";
  for (const json::value& metric : upstream.at("metrics").as_array())
    print_metric(metric.as_object());
}

void print_breach(const json::object& breach) {
  std::cout << "  " << text_of(breach, "at") << ' ' << text_of(breach, "action") << ' '
            << text_of(breach, "upstream") << " (" << text_of(breach, "before") << " -> "
            << text_of(breach, "after") << ") " << decimals(number(breach, "took_ms", 0), 0)
            << " ms and " << decimals(number(breach, "harmed", 0), 0)
            << " requests after the first bad one: " << text_of(breach, "evidence") << '\n';
}

void print(const json::object& guard) {
  std::cout << "route " << text_of(guard, "route") << ": baseline " << text_of(guard, "baseline")
            << ", on a breach: " << text_of(guard, "on_breach") << ", wrong with a probability of "
            << digits(number(guard, "false_revert_probability", 0)) << " at most\n";
  const auto& upstreams = guard.at("upstreams").as_array();
  if (upstreams.empty()) std::cout << "  nobody is watched: only the baseline has weight\n";
  for (const json::value& upstream : upstreams) print_upstream(upstream.as_object());
  if (guard.contains("known_good"))
    std::cout << "known to be good: " << weights_in_words(guard.at("known_good")) << '\n';
  const auto& breaches = guard.at("breaches").as_array();
  if (!breaches.empty()) std::cout << "breaches\n";
  for (const json::value& breach : breaches) print_breach(breach.as_object());
}

}  // namespace

void add_guard(CLI::App& app, int& exit_code) {
  CLI::App* const verb = app.add_subcommand(
      "guard", "Show the evidence for and against the guarded upstreams of a route");
  const auto options = std::make_shared<Options>();
  add_client_options(*verb, *options);
  verb->add_option("ROUTE", options->route, "Name of a route")->required();
  verb->callback([options, &exit_code] {
    const auto answer = ask_json(
        *options->admin, {.target = "/api/v1/routes/" + percent_encoded(options->route) + "/guard"},
        exit_code);
    if (!answer) return;
    if (options->output == "json")
      print_json(*answer);
    else
      print(answer->as_object());
  });
}

}  // namespace sluice::app
