#include "control/rollout_text.hpp"

#include <algorithm>
#include <charconv>

#include "base/parse.hpp"
#include "base/units.hpp"
#include "rollout/evidence_sentence.hpp"

namespace sluice::control {
namespace {

using rollout::GateTimeout;
using rollout::StepKind;
using rollout::StepSpec;
using std::chrono::milliseconds;

constexpr std::uint64_t kTimeMax = std::uint64_t{1} << 52U;

std::string number(double value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string time(const std::optional<milliseconds>& value) {
  return value ? std::to_string(value->count()) : "-";
}

std::string format(const StepSpec& step) {
  switch (step.kind) {
    case StepKind::set_weight:
      return "set_weight " + number(step.share);
    case StepKind::pause:
      return "pause " + time(step.time) + (step.until_safe ? " safe" : "");
    case StepKind::gate:
      return "gate " + time(step.time) +
             (step.on_timeout == GateTimeout::abort ? " abort " : " go_on ") + step.name;
    case StepKind::webhook:
      return "webhook " + time(step.time) + ' ' + step.name + ' ' + step.url;
    case StepKind::bake:
      break;
  }
  return "bake " + time(step.time) + ' ' + number(step.share);
}

// The words of one line, taken from the front.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::string_view next() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(word.size() + 1, rest_.size()));
    return word;
  }
  bool empty() const { return rest_.empty(); }

  bool take_share(double& out) {
    const std::string_view word = next();
    const char* const end = word.data() + word.size();
    const auto read = std::from_chars(word.data(), end, out);
    return read.ec == std::errc() && read.ptr == end && out >= 0 && out <= 1;
  }
  bool take_time(std::optional<milliseconds>& out) {
    const std::string_view word = next();
    if (word == "-") return true;
    const auto count = parse_integer(word, 0, kTimeMax);
    if (!count) return false;
    out = milliseconds(*count);
    return true;
  }

 private:
  std::string_view rest_;
};

std::optional<StepSpec> parse(std::string_view line) {
  Words words(line);
  StepSpec step;
  const std::string_view kind = words.next();
  bool good = true;
  if (kind == "set_weight") {
    step.kind = StepKind::set_weight;
    good = words.take_share(step.share);
  } else if (kind == "pause") {
    good = words.take_time(step.time);
    step.until_safe = words.next() == "safe";
  } else if (kind == "gate") {
    step.kind = StepKind::gate;
    good = words.take_time(step.time);
    step.on_timeout = words.next() == "abort" ? GateTimeout::abort : GateTimeout::go_on;
    step.name = words.next();
  } else if (kind == "webhook") {
    step.kind = StepKind::webhook;
    good = words.take_time(step.time);
    step.name = words.next();
    step.url = words.next();
  } else if (kind == "bake") {
    step.kind = StepKind::bake;
    good = words.take_time(step.time) && words.take_share(step.share);
  } else {
    return std::nullopt;
  }
  if (!good || !words.empty()) return std::nullopt;
  return step;
}

}  // namespace

std::string format_steps(const std::vector<StepSpec>& steps) {
  std::string text;
  for (const StepSpec& step : steps) text += format(step) + '\n';
  return text;
}

std::optional<std::vector<StepSpec>> parse_steps(std::string_view text) {
  std::vector<StepSpec> steps;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto step = parse(text.substr(0, end));
    if (!step) return std::nullopt;
    steps.push_back(*std::move(step));
    text.remove_prefix(end + 1);
  }
  return steps;
}

std::string in_words(const StepSpec& step) {
  const std::string limit = step.time ? " " + format_duration(*step.time) : "";
  switch (step.kind) {
    case StepKind::set_weight:
      return "set_weight " + rollout::percent_in_words(step.share);
    case StepKind::pause:
      if (step.until_safe) return "pause until it is safe" + (step.time ? ", at most" + limit : "");
      return step.time ? "pause" + limit : "pause until somebody promotes";
    case StepKind::gate:
      return "gate " + step.name + limit;
    case StepKind::webhook:
      return "webhook " + step.name + ' ' + step.url;
    case StepKind::bake:
      break;
  }
  return "bake" + limit + " with " + rollout::percent_in_words(step.share) + " held back";
}

}  // namespace sluice::control
