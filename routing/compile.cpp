#include "routing/compile.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

#include "base/hash.hpp"
#include "routing/compile_upstream.hpp"
#include "routing/expand.hpp"
#include "routing/redistribute.hpp"

namespace sluice::routing {
namespace {

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

static_assert(kNobody == kNoIndex);

// One compilation: fills `next_`, collects every error on the way.
class Compilation {
 public:
  explicit Compilation(const CompileInput& in) : in_(in) {
    next_->generation = in.generation;
    if (!in.previous) return;
    next_->slots = in.previous->slots;
    matching_.known = &in.previous->regexes;
  }

  Result<std::shared_ptr<const Snapshot>, std::vector<std::string>> run() {
    check_keys();
    for (const auto& spec : in_.spec.upstreams) add_upstream(spec);
    for (const auto& spec : in_.spec.routes) add_route(spec);
    next_->regexes = std::move(matching_.used);
    if (!errors_.empty()) return Failure{std::move(errors_)};
    return std::shared_ptr<const Snapshot>(std::move(next_));
  }

 private:
  void check_keys() {
    for (const auto& key : in_.sticky_keys) {
      if (key.size() < kStickyKeyBytesMin) errors_.push_back("sticky keys: shorter than 16 bytes");
    }
  }

  void add_upstream(const UpstreamSpec& spec) {
    if (next_->find_upstream(spec.name)) errors_.push_back("upstreams." + spec.name + ": twice");
    next_->upstreams.push_back(compile_upstream(spec, in_, next_->slots));
  }

  // ---- routes ----------------------------------------------------------------------------------

  void add_route(const RouteSpec& spec) {
    const std::string where = "routes." + spec.name;
    if (next_->find_route(spec.name)) errors_.push_back(where + ": twice");
    Route route;
    route.slot = next_->slots.route(spec.name);
    route.name = spec.name;
    route.hash = stable_hash(spec.name);
    route.spec = spec;
    const Route* const before = in_.previous ? in_.previous->find_route(route.spec.name) : nullptr;
    route.access = Access::make(route.spec.access, before ? before->access.get() : nullptr);
    route.matcher = make_route_matcher(spec.match, where + ".match", matching_);
    if (spec.answers_itself()) add_own_answer(route, where);
    add_split(route, where);
    add_overrides(route, where);
    if (spec.when_unavailable == WhenUnavailable::fallback) {
      route.fallback_arm = arm_for(route, spec.fallback, where + ".when_unavailable");
    }
    if (!spec.retry.other_upstream.empty()) {
      route.retry_arm = arm_for(route, spec.retry.other_upstream, where + ".retry.other_upstream");
    }
    if (spec.sticky) add_sticky(route, where + ".sticky");
    prepare_draws(route);
    if (spec.guard) add_watch(route, *spec.guard, where + ".guard");
    const std::string rewrite = where + ".rewrite.";
    route.request_edits = make_edits(spec.rewrite.request_headers, rewrite + "request_headers");
    route.response_edits = make_edits(spec.rewrite.response_headers, rewrite + "response_headers");
    next_->routes.push_back(std::move(route));
  }

  // The route's arm of that upstream, made when it is new; 0 (never used) after an error.
  std::uint32_t arm_for(Route& route, const std::string& name, const std::string& where) {
    const Upstream* upstream = next_->find_upstream(name);
    if (upstream == nullptr) {
      errors_.push_back(where + ": unknown upstream '" + name + "'");
      return 0;
    }
    for (std::uint32_t i = 0; i < route.arms.size(); ++i) {
      if (route.arms[i].upstream_slot == upstream->slot) return i;
    }
    Arm arm;
    arm.slot = next_->slots.arm(route.name, name);
    arm.upstream_index = static_cast<std::uint32_t>(upstream - next_->upstreams.data());
    arm.upstream_slot = upstream->slot;
    const auto epoch = in_.epochs.find({route.name, name});
    if (epoch != in_.epochs.end()) arm.epoch = epoch->second;
    route.arms.push_back(arm);
    return static_cast<std::uint32_t>(route.arms.size() - 1);
  }

  void add_own_answer(Route& route, const std::string& where) {
    route.own_slot = next_->slots.arm(route.name, {});
    if (!route.spec.split.empty()) errors_.push_back(where + ": a split, and an answer of its own");
    if (!route.spec.redirect) return;
    auto target = RedirectTarget::make(route.spec.redirect->to);
    if (target)
      route.redirect = std::move(target).value();
    else
      errors_.push_back(where + ".redirect.to: " + target.error());
  }

  void add_split(Route& route, const std::string& where) {
    for (const auto& [name, weight] : route.spec.split) {
      const std::size_t errors_before = errors_.size();
      const std::uint32_t index = arm_for(route, name, where + ".split");
      if (errors_.size() != errors_before) continue;
      if (route.arms[index].in_split) errors_.push_back(where + ".split: '" + name + "' twice");
      route.arms[index].weight = weight;
      route.arms[index].in_split = true;
    }
  }

  void add_overrides(Route& route, const std::string& where) {
    for (const auto& spec : route.spec.overrides) {
      const std::string place = where + ".overrides." + spec.name;
      const bool header = spec.source == OverrideSource::header;
      Override rule;
      rule.source = spec.source;
      rule.name = header ? lower_case(spec.name) : spec.name;
      rule.match = make_string_matcher(spec.match, place, matching_);
      rule.arm = arm_for(route, spec.upstream, place);
      route.overrides.push_back(std::move(rule));
    }
  }

  void add_sticky(Route& route, const std::string& where) {
    Sticky sticky;
    sticky.spec = *route.spec.sticky;
    sticky.ttl_seconds = static_cast<std::uint64_t>(
        std::chrono::ceil<std::chrono::seconds>(sticky.spec.ttl).count());
    const KeySpec& key = sticky.spec.key;
    sticky.header = lower_case(key.name);
    // By route, so that it is not always the same users who meet every canary first.
    sticky.key_seed = route.hash;
    if (key.source == KeySource::path) errors_.push_back(where + ": a path is no session key");
    if (key.source == KeySource::cookie) {
      sticky.cookie = make_cookie_attributes(key.name, sticky.spec.cookie);
      if (in_.sticky_keys.empty()) {
        errors_.push_back(where + ": no sticky key to sign cookies with");
      } else {
        sticky.signer = std::make_shared<const StickySigner>(in_.sticky_keys, route.name);
      }
    }
    route.sticky = std::move(sticky);
  }

  // ---- the split -------------------------------------------------------------------------------

  bool is_available(const Arm& arm) const {
    return !next_->upstreams[arm.upstream_index].available.empty();
  }

  void prepare_draws(Route& route) {
    std::vector<WeightedOwner> drawn;
    if (route.spec.when_unavailable == WhenUnavailable::redistribute) {
      const Redistribution shares = redistribute(shares_of(route));
      drawn = shares.all;
      for (const auto& [owner, weight] : shares.orphans)
        route.available_owners.push_back({owner, weight, salt_of(route, owner)});
    } else {
      for (std::uint32_t i = 0; i < route.arms.size(); ++i)
        drawn.push_back({i, route.arms[i].weight});
    }
    route.draw = WeightedDraw(drawn);
    for (const auto& [index, weight] : drawn) {
      if (index != kNobody)
        route.arms[index].placement = make_placement(weight, route.draw.total());
    }
    if (route.sticky && route.sticky->spec.key.source != KeySource::cookie) {
      route.partition = next_partition(route);
    }
    remember_placements(route, drawn);
  }

  // ---- the guard -------------------------------------------------------------------------------

  // Who would be drawn but sent to the fallback is nobody's evidence.
  bool is_placed(const Route& route, const Arm& arm) const {
    return route.spec.when_unavailable != WhenUnavailable::fallback || is_available(arm);
  }

  void remember_placements(Route& route, const std::vector<WeightedOwner>& drawn) {
    Placements now;
    now.generation = in_.generation;
    std::string text;
    for (const Arm& arm : route.arms)
      if (arm.in_split) now.arms.push_back({arm.slot, 0});
    route.unknown_placements = std::make_shared<const Placements>(now);
    for (const auto& [index, weight] : drawn) {
      if (index == kNobody || !route.arms[index].in_split) continue;
      const Arm& arm = route.arms[index];
      const std::uint32_t placed = is_placed(route, arm) ? weight : 0;
      now.arms[now.index_of(arm.slot)].weight = placed;
      text += next_->upstreams[arm.upstream_index].name + '=' + std::to_string(weight) + '/' +
              std::to_string(placed) + ' ';
    }
    now.id = static_cast<std::uint32_t>(stable_hash(text, route.hash));
    route.placements.push_back(std::make_shared<const Placements>(std::move(now)));
    const Route* before = in_.previous ? in_.previous->find_route(route.name) : nullptr;
    if (before == nullptr) return;
    for (const SharedPlacements& old : before->placements) {
      if (route.placements.size() == kPlacementsKept) break;
      if (old->id != route.placements.front()->id) route.placements.push_back(old);
    }
  }

  void add_watch(Route& route, const GuardSpec& spec, const std::string& where) {
    Watch watch;
    const Upstream* const baseline = next_->find_upstream(spec.baseline);
    for (std::uint32_t i = 0; i < route.arms.size(); ++i) {
      if (baseline == nullptr || !route.arms[i].in_split) continue;
      if (route.arms[i].upstream_slot != baseline->slot) continue;
      watch.baseline_arm = i;
      watch.latencies =
          static_cast<std::uint32_t>(std::min(spec.latency.size(), GuardSpec::kLatenciesMax));
      for (std::size_t m = 0; m < watch.latencies; ++m) {
        const auto max = spec.latency[m].max;
        watch.longest[m] = max.count() > 0 ? std::chrono::microseconds(max) : kUnlimited;
        watch.limits_durations |= max.count() > 0;
      }
      route.watch = watch;
      return;
    }
    errors_.push_back(where + ".baseline: '" + spec.baseline + "' is not in the split");
  }

  std::vector<SplitShare> shares_of(const Route& route) const {
    std::vector<SplitShare> shares;
    for (std::uint32_t i = 0; i < route.arms.size(); ++i) {
      const auto& limits = next_->upstreams[route.arms[i].upstream_index].spec.limits;
      shares.push_back({i, route.arms[i].weight, is_available(route.arms[i]),
                        limits ? limits->max_share_factor : 0});
    }
    return shares;
  }

  std::uint64_t salt_of(const Route& route, std::uint32_t owner) const {
    if (owner == kNobody) return 0;
    return next_->upstreams[route.arms[owner].upstream_index].hash;
  }

  KeyPartition next_partition(const Route& route) const {
    std::vector<WeightedOwner> owners;
    for (const Arm& arm : route.arms) {
      if (arm.in_split) owners.push_back({arm.upstream_slot, arm.weight});
    }
    const Route* before = in_.previous ? in_.previous->find_route(route.name) : nullptr;
    return before ? before->partition.next(owners) : KeyPartition::canonical(owners);
  }

  // ---- header edits ----------------------------------------------------------------------------

  HeaderEdits make_edits(const HeaderEditsSpec& spec, const std::string& where) {
    HeaderEdits edits;
    for (const auto& name : spec.remove) edits.drop.push_back(lower_case(name));
    for (const auto& [name, value] : spec.set) {
      edits.drop.push_back(lower_case(name));
      append_field(edits.block, name, value, where);
    }
    for (const auto& [name, value] : spec.add) append_field(edits.block, name, value, where);
    std::sort(edits.drop.begin(), edits.drop.end());
    edits.drop.erase(std::unique(edits.drop.begin(), edits.drop.end()), edits.drop.end());
    return edits;
  }

  // Config checks this too; here it is one line between a typing error and a split response.
  void append_field(std::string& block, const std::string& name, const std::string& value,
                    const std::string& where) {
    if (name.empty() || !is_one_line(name) || !is_one_line(value)) {
      errors_.push_back(where + ": '" + name + "' is not a field of one line");
      return;
    }
    block += name + ": " + value + "\r\n";
  }

  const CompileInput& in_;
  std::shared_ptr<Snapshot> next_ = std::make_shared<Snapshot>();
  std::vector<std::string> errors_;
  Matching matching_{errors_};
};

}  // namespace

Result<std::shared_ptr<const Snapshot>, std::vector<std::string>> compile(const CompileInput& in) {
  return Compilation(in).run();
}

std::vector<std::string> names_to_resolve(const RoutingSpec& spec) {
  std::set<std::string> names;
  for (const auto& upstream : spec.upstreams) {
    for (const auto& endpoint : upstream.endpoints) {
      if (auto host = host_to_resolve(endpoint.address)) names.insert(*std::move(host));
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace sluice::routing
