#include "control/state.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <set>

#include "base/parse.hpp"

namespace sluice::control {

WallTime wall_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string format_time(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t whole = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>((time - seconds).count()));
  return std::string(text, size) + fraction;
}

std::string format_weights(const Weights& weights) {
  std::string out;
  for (const auto& [upstream, weight] : weights) {
    if (!out.empty()) out += ' ';
    out += upstream + '=' + std::to_string(weight);
  }
  return out;
}

std::optional<Weights> parse_weights(std::string_view text) {
  Weights weights;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const auto equals = word.rfind('=');
    if (equals == 0 || equals == std::string_view::npos) return std::nullopt;
    const auto weight = parse_integer(word.substr(equals + 1), 0, INT32_MAX);
    if (!weight) return std::nullopt;
    weights.push_back({std::string(word.substr(0, equals)), static_cast<std::uint32_t>(*weight)});
  }
  return weights;
}

routing::RoutingSpec with_weights(routing::RoutingSpec spec, const State& state) {
  for (routing::RouteSpec& route : spec.routes) {
    const auto entry = state.weights.find(route.name);
    if (entry != state.weights.end()) route.split = entry->second.weights;
    const auto baseline = state.baselines.find(route.name);
    if (baseline == state.baselines.end() || !routing::find_weight(route.split, baseline->second))
      continue;
    if (!route.guard) route.guard.emplace();
    route.guard->baseline = baseline->second;
  }
  return spec;
}

namespace {

std::map<std::string, std::uint32_t> by_name(const Weights& weights) {
  std::map<std::string, std::uint32_t> out;
  for (const auto& [upstream, weight] : weights) out[upstream] = weight;
  return out;
}

// In whatever order.
bool say_the_same(const Weights& left, const Weights& right) {
  return by_name(left) == by_name(right);
}

void reorder(Weights& weights, const Weights& like) {
  const auto values = by_name(weights);
  weights = like;
  for (auto& one : weights) one.weight = values.at(one.upstream);
}

void reorder(RouteWeights& entry, const Weights& like) {
  if (entry.configured == like) return;
  for (Weights* const weights : {&entry.weights, &entry.configured}) reorder(*weights, like);
  if (entry.then) reorder(entry.then->weights, like);
}

}  // namespace

std::vector<Superseded> reconcile(State& state, const routing::RoutingSpec& spec,
                                  std::uint64_t generation) {
  std::vector<Superseded> superseded;
  std::set<std::string> routes, upstreams;
  for (const auto& upstream : spec.upstreams) upstreams.insert(upstream.name);
  for (const auto& route : spec.routes) {
    routes.insert(route.name);
    RouteWeights& entry = state.weights[route.name];
    if (entry.generation != 0 && say_the_same(entry.configured, route.split)) {
      reorder(entry, route.split);
      continue;
    }
    if (entry.source != WeightSource::config) superseded.push_back({route.name, entry});
    state.baselines.erase(route.name);  // the file has the last word on who is who as well
    entry = {.weights = route.split, .configured = route.split, .generation = generation};
    state.generation = generation;
  }
  std::erase_if(state.weights, [&](const auto& entry) { return !routes.contains(entry.first); });
  std::erase_if(state.baselines, [&](const auto& one) { return !routes.contains(one.first); });
  // What an earlier file had beside each other and this one has not.
  std::erase_if(state.baselines, [&](const auto& one) {
    return !routing::find_weight(state.weights.at(one.first).configured, one.second);
  });
  std::erase_if(state.rollouts, [&](const auto& one) {
    const auto entry = state.weights.find(one.first);
    return entry == state.weights.end() ||
           !routing::find_weight(entry->second.configured, one.second.spec.stable) ||
           !routing::find_weight(entry->second.configured, one.second.spec.canary);
  });
  std::erase_if(state.services,
                [&](const auto& entry) { return !upstreams.contains(entry.first.upstream); });
  return superseded;
}

}  // namespace sluice::control
