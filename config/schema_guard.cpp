// The rows of a route's `guard`.
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::ErrorGuardSpec;
using routing::GuardSpec;
using routing::LatencyGuardSpec;
using routing::OnBreach;
using routing::OnCommonCause;
using std::chrono::hours;

constexpr double kRatioMax = 100;

void check_errors(const Tree& tree, Reader& reader, ErrorGuardSpec& it) {
  if (it.max_ratio < 1)
    reader.key_error(place_at(tree, "max_ratio"), "max_ratio", "max_ratio must be at least 1");
  if (it.floor >= 1) reader.key_error(place_at(tree, "floor"), "floor", "floor must be below 100%");
  if (it.max >= 1) reader.key_error(place_at(tree, "max"), "max", "max must be below 100%");
  if (it.max > 0 && it.max < it.floor)
    reader.key_error(place_at(tree, "max"), "max", "max must not be below floor");
}

Codec<ErrorGuardSpec> errors_codec() {
  using E = ErrorGuardSpec;
  return object<E>(
      {.fields = {row("max_ratio", &E::max_ratio, ratio(kRatioMax),
                      "How many times the baseline's rate of failed requests is still well."),
                  row("floor", &E::floor, ratio(),
                      "A rate of failed requests that is not worth a reversion, however few the "
                      "baseline has; 0%: any is."),
                  row("max", &E::max, ratio(),
                      "A rate that is always too high, whatever the baseline's; 0%: none is.")},
       .check = check_errors});
}

void check_latency(const Tree& tree, Reader& reader, LatencyGuardSpec& it) {
  if (it.quantile < 0.5 || it.quantile > 0.999)
    reader.key_error(place_at(tree, "quantile"), "quantile",
                     "quantile must be between 0.5 and 0.999");
  if (it.max_ratio < 1)
    reader.key_error(place_at(tree, "max_ratio"), "max_ratio", "max_ratio must be at least 1");
}

Codec<LatencyGuardSpec> latency_codec() {
  using L = LatencyGuardSpec;
  return object<L>(
      {.fields = {row("quantile", &L::quantile, ratio(),
                      "Which quantile of the baseline's last 30 seconds a request is compared "
                      "with."),
                  row("max_ratio", &L::max_ratio, ratio(kRatioMax),
                      "How many times that quantile is still well."),
                  row("min_difference", &L::min_difference, duration(milliseconds(0), hours(1)),
                      "A request that takes less than this beyond the quantile is not slow."),
                  row("max", &L::max, duration(milliseconds(0), hours(1)),
                      "A duration that, whatever the baseline's, only the rest of the requests "
                      "may exceed (one in ten, with quantile 0.9); 0s: none.",
                      {.example = "2s"})},
       .check = check_latency});
}

void check_guard(const Tree& tree, Reader& reader, GuardSpec& it) {
  if (it.false_revert_probability <= 0 || it.false_revert_probability > 0.5)
    reader.key_error(place_at(tree, "false_revert_probability"), "false_revert_probability",
                     "false_revert_probability must be over 0% and at most 50%");
  if (it.latency.size() > GuardSpec::kLatenciesMax)
    reader.key_error(place_at(tree, "latency"), "latency", "at most 3 quantiles can be watched");
}

}  // namespace

Codec<GuardSpec> guard_codec() {
  using G = GuardSpec;
  return object<G>(
      {.fields =
           {row("baseline", &G::baseline, text("the name of an upstream", {}, check_name),
                "The upstream of the split that the others are compared with.",
                {.required = true, .example = "blue"}),
            row("false_revert_probability", &G::false_revert_probability, ratio(),
                "With at most this probability an upstream that is not worse ever loses its "
                "weight, from when it gets some until it has none, over all metrics and however "
                "long that is."),
            row("errors", &G::errors, errors_codec(),
                "Failed requests: no response, a broken one, or a status of 5xx."),
            row("latency", &G::latency, list(latency_codec()),
                "Time until the response begins. A request counts when it has waited too long, "
                "not when it ends; a failure is infinitely slow. At most three.",
                {.example = "[{ quantile: 0.9, max_ratio: 1.25 }]"}),
            row("on_breach", &G::on_breach,
                choice<OnBreach>({{"revert", OnBreach::revert},
                                  {"pause", OnBreach::pause},
                                  {"alert", OnBreach::alert}}),
                "What happens to an upstream that is worse or over a limit: `revert` takes its "
                "weight, `pause` holds its rollout, `alert` tells."),
            row("on_common_cause", &G::on_common_cause,
                choice<OnCommonCause>(
                    {{"pause", OnCommonCause::pause}, {"revert", OnCommonCause::revert}}),
                "The same when the baseline is over its limit, too: it is not the upstream's "
                "fault."),
            row("settle", &G::settle, duration(milliseconds(1), hours(24)),
                "Weights that stood so long without a breach are known to be good, to go back "
                "to.")},
       .check = check_guard});
}

}  // namespace sluice::config
