// The rows of `rollouts`.
#include "base/condition.hpp"
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using rollout::GateTimeout;
using rollout::HookKind;
using rollout::HookSpec;
using rollout::MetricSpec;
using rollout::RolloutSpec;
using rollout::StepKind;
using rollout::StepSpec;
using std::chrono::hours;

Codec<milliseconds> any_time() {
  return duration(milliseconds(0), hours(24 * 365));
}

Codec<StepSpec> weight_codec() {
  const auto share = ratio();
  return {
      share.type,
      [=](const Tree& tree, Reader& reader, StepSpec& out) { share.read(tree, reader, out.share); },
      [=](const StepSpec& it, Detail detail) { return share.render(it.share, detail); }};
}

// A time, or a map of more.
Codec<StepSpec> pause_codec() {
  const auto time = any_time();
  const auto more = object<StepSpec>(
      {.fields = {
           row_with<StepSpec, bool>(
               "until", choice<bool>({{"safe", true}}),
               [](const StepSpec& it) {
                 return it.until_safe ? std::optional(true) : std::nullopt;
               },
               [](StepSpec& it, bool value) { it.until_safe = value; },
               "`safe`: until the evidence says that the canary is less than twice as bad."),
           row("at_most", &StepSpec::time, any_time(),
               "When nothing is certain by then, it is left to people.", {.example = "5m"})}});
  Type described = *more.type;
  described.shorthand = time.type;
  described.summary = time.type->summary + ", or a map";
  auto type = std::make_shared<const Type>(std::move(described));
  return {type,
          [=](const Tree& tree, Reader& reader, StepSpec& out) {
            if (tree.kind == Kind::scalar) return time.read(tree, reader, out.time.emplace());
            if (reader.expect(tree, Kind::map, *type)) more.read(tree, reader, out);
          },
          [=](const StepSpec& it, Detail detail) {
            return it.time && !it.until_safe ? time.render(*it.time, detail)
                                             : more.render(it, detail);
          }};
}

Codec<StepSpec> gate_codec() {
  using S = StepSpec;
  return object<S>(
      {.fields = {row("name", &S::name, text("a name", {}, check_name), "Who or what approves.",
                      {.required = true, .example = "release-manager"}),
                  row("timeout", &S::time, any_time(), "How long it waits. Absent: for ever.",
                      {.example = "24h"}),
                  row("on_timeout", &S::on_timeout,
                      choice<GateTimeout>(
                          {{"abort", GateTimeout::abort}, {"continue", GateTimeout::go_on}}),
                      "What happens then.")}});
}

Codec<StepSpec> webhook_codec() {
  using S = StepSpec;
  return object<S>(
      {.fields = {row("url", &S::url, text("a URL", "^https?://", check_url),
                      "Gets a POST with the rollout's state as JSON; a status of 2xx confirms, any "
                      "other is asked again every 10 s. When it cannot be asked four times in a "
                      "row the rollout waits for people.",
                      {.required = true, .example = "\"http://127.0.0.1:9100/check\""}),
                  row("type", &S::name, text("a name", {}, check_name),
                      "Handed to the hook: confirm_traffic_increase, confirm_promotion, ...",
                      {.required = true, .example = "confirm_traffic_increase"}),
                  row("timeout", &S::time, duration(milliseconds(1), hours(1)),
                      "Of one question; 10s if absent.", {.example = "10s"})}});
}

Codec<StepSpec> bake_codec() {
  using S = StepSpec;
  return object<S>(
      {.fields = {
           row("for", &S::time, any_time(), "How long.", {.required = true, .example = "10m"}),
           row("holdback", &S::share, ratio(),
               "What stays on stable meanwhile, so that there is something to compare "
               "with.")}});
}

Field<StepSpec> step_row(std::string key, StepKind kind, Codec<StepSpec> codec, std::string doc,
                         std::string example) {
  return row_with<StepSpec, StepSpec>(
      std::move(key), std::move(codec),
      [=](const StepSpec& it) { return it.kind == kind ? std::optional(it) : std::nullopt; },
      [=](StepSpec& it, StepSpec value) {
        it = std::move(value);
        it.kind = kind;
      },
      std::move(doc), {.example = std::move(example)});
}

Codec<StepSpec> step_codec() {
  return object<StepSpec>(
      {.fields = {step_row("set_weight", StepKind::set_weight, weight_codec(),
                           "The canary's share of what stable and canary have together.", "5%"),
                  step_row("pause", StepKind::pause, pause_codec(),
                           "Waits, from when the weight is served everywhere: a time, until it is "
                           "safe, or with {} until somebody promotes.",
                           "{ until: safe, at_most: 5m }"),
                  step_row("gate", StepKind::gate, gate_codec(), "Waits for an approval.",
                           "{ name: release-manager, timeout: 24h }"),
                  step_row("webhook", StepKind::webhook, webhook_codec(), "Asks somebody else.",
                           "{ url: \"http://127.0.0.1:9100/check\", type: confirm_promotion }"),
                  step_row("bake", StepKind::bake, bake_codec(),
                           "Nearly all traffic goes to the canary, still guarded.",
                           "{ for: 10m, holdback: 5% }")},
       .groups = {{{"set_weight", "pause", "gate", "webhook", "bake"}, true}}});
}

Codec<HookSpec> hook_codec() {
  using H = HookSpec;
  return object<H>(
      {.fields = {
           row("type", &H::kind,
               choice<HookKind>({{"pre_rollout", HookKind::pre_rollout},
                                 {"confirm_traffic_increase", HookKind::confirm_traffic_increase},
                                 {"confirm_promotion", HookKind::confirm_promotion},
                                 {"rollback", HookKind::rollback},
                                 {"post_rollout", HookKind::post_rollout},
                                 {"event", HookKind::event}}),
               "When it is called. pre_rollout, confirm_traffic_increase and confirm_promotion "
               "must confirm, as a webhook step must; rollback is asked every 10 s and ends the "
               "rollout by confirming; post_rollout and event are only told.",
               {.required = true, .example = "confirm_promotion"}),
           row("url", &H::url, text("a URL", "^https?://", check_url),
               "Gets a POST with the rollout's state as JSON; a status of 2xx confirms.",
               {.required = true, .example = "\"http://127.0.0.1:9100/check\""}),
           row("timeout", &H::timeout, duration(milliseconds(1), hours(1)), "Of one call.")}});
}

Checked check_condition(std::string_view text) {
  if (auto condition = Condition::parse(text); !condition)
    return Failure{Problem{condition.error()}};
  return std::string(text);
}

Checked check_query(std::string_view text) {
  if (text.empty()) return Failure{Problem{"the query is empty"}};
  return std::string(text);
}

Codec<std::string> condition_text() {
  return text("a condition on the result", {}, check_condition);
}

void check_metric(const Tree& tree, Reader& reader, MetricSpec&) {
  if (tree.find("success") == nullptr && tree.find("failure") == nullptr)
    reader.error(tree.place, "say what is wanted: success, failure or both");
}

Codec<MetricSpec> metric_codec() {
  using M = MetricSpec;
  constexpr std::uint32_t kLimitMax = 1'000'000;
  const auto limit = [] { return integer(0, kLimitMax); };
  return object<M>(
      {.fields =
           {row("name", &M::name, text("a name", {}, check_name), "For people, and in metrics.",
                {.required = true, .example = "conversion"}),
            row("prometheus", &M::prometheus, text("a URL", "^https?://", check_url),
                "The Prometheus server.",
                {.required = true, .example = "\"http://127.0.0.1:9090\""}),
            row("query", &M::query, text("PromQL", {}, check_query),
                "Its value is the result; no value is neither good nor bad.",
                {.required = true, .example = "\"sum(rate(orders[1m])) / sum(rate(carts[1m]))\""}),
            row("interval", &M::interval, duration(milliseconds(100), hours(24)), "How often."),
            row("initial_delay", &M::initial_delay, duration(milliseconds(0), hours(24)),
                "From when the canary gets its first weight."),
            row("success", &M::success, condition_text(),
                "What is well, such as `result >= 0.95 && result < 2`; without `failure` all else "
                "is a failure.",
                {.example = "\"result >= 0.95\""}),
            row("failure", &M::failure, condition_text(),
                "What is not; with both, what is neither is inconclusive.",
                {.example = "\"result < 0.9\""}),
            row("failure_limit", &M::failure_limit, limit(),
                "How many failures there may be; one more aborts the rollout."),
            row("inconclusive_limit", &M::inconclusive_limit, limit(),
                "How many inconclusive results; one more pauses it."),
            row("consecutive_error_limit", &M::consecutive_error_limit, limit(),
                "How often in a row it may not be answered; once more pauses it."),
            row("consecutive_no_data_limit", &M::consecutive_no_data_limit, limit(),
                "How often in a row there may be no value; once more pauses it.")},
       .check = check_metric});
}

void check_rollout(const Tree& tree, Reader& reader, RolloutSpec& it) {
  const Member* const external = tree.find("external");
  for (std::size_t i = 0; i < it.external.size(); ++i) {
    const auto here = it.external.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find_if(it.external.begin(), here,
                     [&](const MetricSpec& earlier) { return earlier.name == here->name; }) == here)
      continue;
    const auto step = reader.enter("external");
    const auto inner_step = reader.enter(i);
    reader.error(place_at(external->value.items[i], "name"),
                 "another metric is named '" + it.external[i].name + "'");
  }
}

}  // namespace

Codec<RolloutSpec> rollout_codec() {
  using R = RolloutSpec;
  return object<R>(
      {.fields =
           {row("route", &R::route, text("the name of a route", {}, check_name),
                "Whose split is moved. One rollout a route.",
                {.required = true, .example = "shop"}),
            row("stable", &R::stable, upstream_name(), "What serves now: the baseline.",
                {.required = true, .example = "blue"}),
            row("canary", &R::canary, upstream_name(), "What is to serve.",
                {.required = true, .example = "canary"}),
            row("steps", &R::steps, list(step_codec(), 1),
                "One after the other; after the last the canary has everything and is the "
                "stable version."),
            row("hooks", &R::hooks, list(hook_codec()), "Who is asked or told on the way."),
            row("external", &R::external, list(metric_codec()),
                "Metrics of others that must be well as long as the canary has traffic. Limits and "
                "conditions mean what they mean to Argo Rollouts."),
            row("resume", &R::resumes, choice<bool>({{"by_hand", false}, {"auto", true}}),
                "What a rollout does after a restart of the proxy: waits for `rollout "
                "resume`, or goes on.")},
       .check = check_rollout});
}

}  // namespace sluice::config
