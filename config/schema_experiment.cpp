// The rows of `experiments`.
#include <algorithm>

#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using rollout::ExperimentSpec;

constexpr std::size_t kConversionsMax = 16;

void check_experiment(const Tree& tree, Reader& reader, ExperimentSpec& it) {
  const auto refuse = [&](std::string_view key, const std::string& message) {
    const auto step = reader.enter(key);
    reader.error(place_at(tree, key), message);
  };
  if (!it.control.empty() && !it.split.empty() &&
      routing::find_weight(it.split, it.control) == nullptr)
    refuse("control", "'" + it.control + "' is not in the split");
  if (tree.find("split") != nullptr && it.split.size() < 2)
    refuse("split", "an experiment has two arms at least");
  if (std::ranges::any_of(it.split, [](const auto& arm) { return arm.weight == 0; }))
    refuse("split", "an arm without weight has no users to count");
  if (it.confidence < 0.5 || it.confidence > 0.999)
    refuse("confidence", "confidence must be between 50% and 99.9%");
  if (it.conversions.size() > kConversionsMax)
    refuse("conversions", "at most " + std::to_string(kConversionsMax) + " are counted");
  if (std::ranges::find(it.conversions, "exposure") != it.conversions.end())
    refuse("conversions", "'exposure' is the event that a user sees an arm: another name");
}

}  // namespace

Codec<ExperimentSpec> experiment_codec() {
  using X = ExperimentSpec;
  return object<X>(
      {.fields = {row("name", &X::name, text("a name", {}, check_name), "Names differ.",
                      {.required = true, .example = "button"}),
                  row("route", &X::route, text("the name of a route", {}, check_name),
                      "Whose users are divided; it must be sticky.",
                      {.required = true, .example = "shop"}),
                  row("control", &X::control, upstream_name(), "The arm that is compared with.",
                      {.required = true, .example = "blue"}),
                  row("split", &X::split, split_codec(),
                      "The arms and their weights; all of the route's other upstreams get none "
                      "while it runs.",
                      {.required = true, .example = "{ blue: 50, green: 50 }"}),
                  row("conversions", &X::conversions, list(text("a name", {}, check_name), 1),
                      "What users do that is counted. The event `exposure` is always known.",
                      {.required = true, .example = "[purchase]"}),
                  row("confidence", &X::confidence, ratio(),
                      "Of all its intervals together, however often one looks.")},
       .check = check_experiment});
}

}  // namespace sluice::config
