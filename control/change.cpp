#include "control/change.hpp"

#include <algorithm>
#include <numeric>

namespace sluice::control {
namespace {

using routing::Service;

Refusal not_found(std::string what) {
  return {RefusalKind::not_found, std::move(what), {}};
}

Refusal invalid(std::vector<Fault> faults) {
  return {RefusalKind::invalid, "the change makes no sense", std::move(faults)};
}

std::uint64_t sum(const Weights& weights) {
  return std::accumulate(weights.begin(), weights.end(), std::uint64_t{0},
                         [](std::uint64_t all, const auto& one) { return all + one.weight; });
}

routing::WeightSpec* find(Weights& weights, const std::string& upstream) {
  const auto found = std::ranges::find(weights, upstream, &routing::WeightSpec::upstream);
  return found == weights.end() ? nullptr : &*found;
}

// In the order of the split, each upstream once.
Result<Weights, Refusal> settle(const Weights& wanted, const std::string& route,
                                const Weights& split) {
  Weights settled = split;
  for (auto& one : settled) one.weight = 0;
  std::vector<Fault> faults;
  std::vector<std::string> seen;
  for (const auto& [upstream, weight] : wanted) {
    const std::string pointer = "/weights/" + upstream;
    routing::WeightSpec* const one = find(settled, upstream);
    if (one == nullptr)
      faults.push_back(
          {pointer, "'" + upstream + "' is not in the split of route '" + route + "'"});
    else if (std::ranges::find(seen, upstream) != seen.end())
      faults.push_back({pointer, "twice"});
    else if (weight > INT32_MAX)
      faults.push_back({pointer, "too large: at most 2147483647"});
    else
      one->weight = weight;
    seen.push_back(upstream);
  }
  if (faults.empty() && sum(settled) == 0)
    faults.push_back({"/weights", "at least one must be over 0"});
  if (!faults.empty()) return Failure{invalid(std::move(faults))};
  return settled;
}

// Those that go by that address or, configured, by that name. `upstream` may be null.
std::vector<std::string> addresses_of(const routing::Upstream* upstream, const std::string& name) {
  std::vector<std::string> addresses;
  if (upstream == nullptr) return addresses;
  for (const routing::Endpoint& endpoint : upstream->endpoints)
    if (endpoint.address == name || endpoint.name == name) addresses.push_back(endpoint.address);
  return addresses;
}

// The changes of one state, one function for each kind.
class Changing {
 public:
  Changing(State state, const Moment& moment, std::optional<std::uint64_t> if_generation)
      : state_(std::move(state)), moment_(moment), if_generation_(if_generation) {}

  using Changed = Result<State, Refusal>;

  Changed operator()(const SetWeights& wanted) {
    const auto refusal = refuse_route(wanted.route);
    if (refusal) return Failure{*refusal};
    RouteWeights& entry = state_.weights.at(wanted.route);
    auto settled = settle(wanted.weights, wanted.route, entry.configured);
    if (!settled) return Failure{std::move(settled).error()};
    for (const std::string& upstream : wanted.disowned) ++state_.epochs[{wanted.route, upstream}];
    return set(entry, std::move(settled).value(), wanted.revert_after);
  }

  Changed operator()(const Switch& wanted) {
    const auto refusal = refuse_route(wanted.route);
    if (refusal) return Failure{*refusal};
    RouteWeights& entry = state_.weights.at(wanted.route);
    Weights weights = entry.configured;
    for (auto& one : weights) one.weight = 0;
    routing::WeightSpec* const to = find(weights, wanted.to);
    if (to == nullptr)
      return Failure{invalid(
          {{"/to", "'" + wanted.to + "' is not in the split of route '" + wanted.route + "'"}})};
    if (!wanted.force && !has_available(wanted.to))
      return Failure{Refusal{
          RefusalKind::conflict, "upstream '" + wanted.to + "' has no healthy endpoint", {}}};
    to->weight = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(std::max<std::uint64_t>(sum(entry.weights), 1), INT32_MAX));
    return set(entry, std::move(weights), {});
  }

  Changed operator()(const Return& wanted) {
    const auto refusal = refuse_route(wanted.route);
    if (refusal) return Failure{*refusal};
    RouteWeights& entry = state_.weights.at(wanted.route);
    if (!entry.then)
      return Failure{Refusal{RefusalKind::conflict, "the weights are there to stay", {}}};
    const WeightsReturn then = *entry.then;
    entry = {then.weights, entry.configured, then.source, moment_.generation, {}};
    return renumbered();
  }

  Changed operator()(const Revert& wanted) {
    const auto refusal = refuse_route(wanted.route);
    if (refusal) return Failure{*refusal};
    RouteWeights& entry = state_.weights.at(wanted.route);
    auto settled = settle(wanted.weights, wanted.route, entry.configured);
    if (!settled) return Failure{std::move(settled).error()};
    entry = {
        std::move(settled).value(), entry.configured, WeightSource::revert, moment_.generation, {}};
    for (const std::string& upstream : wanted.disowned) ++state_.epochs[{wanted.route, upstream}];
    return renumbered();
  }

  Changed operator()(const Advance& wanted) {
    const auto refusal = refuse_route(wanted.route);
    if (refusal) return Failure{*refusal};
    RouteWeights& entry = state_.weights.at(wanted.route);
    if (!wanted.weights.empty()) {
      auto settled = settle(wanted.weights, wanted.route, entry.configured);
      if (!settled) return Failure{std::move(settled).error()};
      entry = {std::move(settled).value(),
               entry.configured,
               WeightSource::rollout,
               moment_.generation,
               {}};
    }
    state_.rollouts[wanted.route] = wanted.rollout;
    // The file may have put others into the split since the rollout began.
    if (routing::find_weight(entry.configured, wanted.baseline) != nullptr)
      state_.baselines[wanted.route] = wanted.baseline;
    return renumbered();
  }

  Changed operator()(const AssignService& wanted) {
    const routing::Upstream* const upstream = moment_.snapshot.find_upstream(wanted.upstream);
    if (upstream == nullptr)
      return Failure{not_found("there is no upstream '" + wanted.upstream + "'")};
    const auto addresses = addresses_of(upstream, wanted.endpoint);
    for (const std::string& address : addresses) {
      const routing::EndpointName name{wanted.upstream, address};
      if (wanted.service == Service::active)
        state_.services.erase(name);
      else
        state_.services[name] = wanted.service;
    }
    if (addresses.empty())
      return Failure{not_found("upstream '" + wanted.upstream + "' has no endpoint '" +
                               wanted.endpoint + "'")};
    return renumbered();
  }

 private:
  std::optional<Refusal> refuse_route(const std::string& route) const {
    const auto entry = state_.weights.find(route);
    if (entry == state_.weights.end()) return not_found("there is no route '" + route + "'");
    const std::uint64_t present = entry->second.generation;
    if (!if_generation_ || *if_generation_ == present) return std::nullopt;
    return Refusal{RefusalKind::stale,
                   "the weights are those of generation " + std::to_string(present) + ", not " +
                       std::to_string(*if_generation_),
                   {}};
  }

  bool has_available(const std::string& upstream) const {
    const routing::Upstream* const found = moment_.snapshot.find_upstream(upstream);
    return found != nullptr && !found->available.empty();
  }

  // A change with an end, on top of another one: both end together, with what was there before.
  Changed set(RouteWeights& entry, Weights weights,
              const std::optional<std::chrono::milliseconds>& revert_after) {
    std::optional<WeightsReturn> then;
    if (revert_after && entry.then)
      then = entry.then;
    else if (revert_after)
      then = {.at = {}, .weights = entry.weights, .source = entry.source};
    if (then) then->at = moment_.now + *revert_after;
    entry = {std::move(weights), entry.configured, WeightSource::api, moment_.generation,
             std::move(then)};
    return renumbered();
  }

  Changed renumbered() {
    state_.generation = moment_.generation;
    return std::move(state_);
  }

  State state_;
  const Moment& moment_;
  std::optional<std::uint64_t> if_generation_;
};

struct Target {
  std::string operator()(const AssignService& it) const { return it.upstream + " " + it.endpoint; }
  std::string operator()(const auto& it) const { return it.route; }
};

struct Action {
  std::string_view operator()(const SetWeights&) const { return "weights"; }
  std::string_view operator()(const Switch&) const { return "switch"; }
  std::string_view operator()(const Return&) const { return "return"; }
  std::string_view operator()(const Revert&) const { return "revert"; }
  std::string_view operator()(const Advance&) const { return "rollout"; }
  std::string_view operator()(const AssignService&) const { return "endpoint"; }
};

struct Description {
  const State& state;
  const routing::Snapshot& snapshot;
  // "10.0.0.1:80=drain 10.0.0.2:80=active" for a name.
  std::string operator()(const AssignService& it) const {
    const routing::Upstream* const upstream = snapshot.find_upstream(it.upstream);
    std::string out;
    for (const std::string& address : addresses_of(upstream, it.endpoint)) {
      const auto found = state.services.find({it.upstream, address});
      const auto service = found == state.services.end() ? Service::active : found->second;
      if (!out.empty()) out += ' ';
      if (address != it.endpoint) out += address + '=';
      out += service_label(service);
    }
    return out;
  }
  std::string operator()(const Advance& it) const {
    const auto found = state.rollouts.find(it.route);
    const auto weights = state.weights.find(it.route);
    std::string out = weights == state.weights.end() ? "" : format_weights(weights->second.weights);
    if (found == state.rollouts.end()) return out;
    out += std::string("; ") + std::string(label(found->second.phase));
    if (found->second.hold != rollout::Hold::none)
      out += " (" + std::string(label(found->second.hold)) + ")";
    return out + ", step " + std::to_string(found->second.step + 1);
  }
  std::string operator()(const auto& it) const {
    const auto found = state.weights.find(it.route);
    return found == state.weights.end() ? std::string() : format_weights(found->second.weights);
  }
};

}  // namespace

std::string_view service_label(Service service) {
  switch (service) {
    case Service::drain:
      return "drain";
    case Service::down:
      return "down";
    case Service::active:
      break;
  }
  return "active";
}

Result<State, Refusal> changed(State state, const Change& change, const Moment& moment,
                               std::optional<std::uint64_t> if_generation) {
  return std::visit(Changing(std::move(state), moment, if_generation), change);
}

std::string_view action_of(const Change& change) {
  return std::visit(Action{}, change);
}

std::string target_of(const Change& change) {
  return std::visit(Target{}, change);
}

std::string describe_target(const State& state, const Change& change,
                            const routing::Snapshot& snapshot) {
  return std::visit(Description{state, snapshot}, change);
}

std::optional<WallTime> next_return(const State& state) {
  std::optional<WallTime> next;
  for (const auto& [route, entry] : state.weights)
    if (entry.then && (!next || entry.then->at < *next)) next = entry.then->at;
  return next;
}

std::vector<std::string> routes_to_return(const State& state, WallTime now) {
  std::vector<std::string> routes;
  for (const auto& [route, entry] : state.weights)
    if (entry.then && entry.then->at <= now) routes.push_back(route);
  return routes;
}

}  // namespace sluice::control
