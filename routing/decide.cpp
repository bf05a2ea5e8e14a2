#include "routing/decide.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "base/hash.hpp"

namespace sluice::routing {
namespace {

// A client that sends many cookies of our name must not make us sign many times.
constexpr int kCookiesTriedMax = 4;

std::optional<std::string_view> find_key(const KeySpec& key, std::string_view lower_header,
                                         const RequestFacts& facts) noexcept {
  switch (key.source) {
    case KeySource::cookie:
      return find_cookie(facts.fields, key.name);
    case KeySource::header:
      return find_header(facts.fields, lower_header);
    case KeySource::client_ip:
      return facts.client_ip;
    case KeySource::path:
      return facts.path;
  }
  return std::nullopt;
}

// A request without the key, or with an empty one, is spread by chance: all of them on one endpoint
// would be a hot spot.
std::uint64_t balance_key(const Upstream& upstream, const RequestFacts& facts,
                          Xoshiro256& random) noexcept {
  if (upstream.spec.balance != Balance::consistent_hash) return 0;
  const auto key = find_key(upstream.spec.hash_key, upstream.hash_header, facts);
  return key && !key->empty() ? stable_hash(*key, upstream.hash) : random();
}

const Endpoint* balance(const Upstream& upstream, WorkerDraw& worker, const RequestFacts& facts,
                        std::span<const std::uint32_t> tried) noexcept {
  const BalanceInput input{balance_key(upstream, facts, worker.random), worker.in_flight, tried};
  const std::uint32_t index = pick_endpoint(upstream, worker.balance, worker.random, input);
  return index == kNoIndex ? nullptr : &upstream.endpoints[index];
}

const Endpoint* find_pinned_endpoint(const Upstream& upstream, std::uint64_t hash) noexcept {
  for (const Endpoint& endpoint : upstream.endpoints) {
    if (endpoint.hash == hash && endpoint.available) return &endpoint;
  }
  return nullptr;
}

bool matches_override(const Override& rule, const RequestFacts& facts) noexcept {
  if (rule.source == OverrideSource::header) {
    return std::any_of(facts.fields.begin(), facts.fields.end(), [&](const Field& field) {
      return iequals(field.name, rule.name) && matches(rule.match, field.value);
    });
  }
  CookieWalk walk(facts.fields, rule.name);
  while (const auto value = walk.next()) {
    if (matches(rule.match, *value)) return true;
  }
  return false;
}

// One decision in the making. Each step answers whether it settled the matter.
class Deciding {
 public:
  Deciding(const Snapshot& snapshot, WorkerDraw& worker, const RequestFacts& facts,
           std::uint64_t now, const Route& route, Decision& out) noexcept
      : snapshot_(snapshot), worker_(worker), facts_(facts), now_(now), route_(route), out_(out) {}

  void run() noexcept {
    if (try_overrides() || try_pin() || try_weights()) return;
    out_.failure = DecisionFailure::no_endpoint;
  }

 private:
  bool try_overrides() noexcept {
    for (const Override& rule : route_.overrides) {
      if (matches_override(rule, facts_)) return settle(route_.arms[rule.arm], Reason::override, 0);
    }
    return false;
  }

  bool try_pin() noexcept {
    if (!uses_cookie()) return false;
    const StickyReading reading = read_cookies();
    out_.sticky = reading.verdict;
    if (reading.verdict != StickyVerdict::valid) return false;
    const Arm* arm = find_pinned_arm(reading.pin);
    if (arm == nullptr) return false;
    if (!try_pinned_endpoint(*arm, reading.pin)) {
      if (!settle(*arm, Reason::sticky, reading.pin.placement)) return false;
      if (out_.reason == Reason::sticky && out_.endpoint != nullptr) renew_endpoint(reading.pin);
    }
    if (out_.reason != Reason::sticky) return true;
    out_.session = reading.pin.session;
    out_.placements = &placements_of(reading.pin);
    return true;
  }

  bool try_weights() noexcept {
    const std::uint32_t index = is_keyed() ? draw_by_key() : draw_by_chance();
    if (index == kNoIndex) return when_unavailable();
    const Arm& arm = route_.arms[index];
    if (!settle(arm, Reason::weight, arm.placement)) return false;
    if (out_.reason != Reason::weight) return true;
    out_.placements = &route_.placements.front();
    if (out_.endpoint != nullptr && uses_cookie()) issue_pin();
    return true;
  }

  // ---- the pin ---------------------------------------------------------------------------------

  bool uses_cookie() const noexcept {
    return route_.sticky && route_.sticky->spec.key.source == KeySource::cookie;
  }

  StickyReading read_cookies() const noexcept {
    const Sticky& sticky = *route_.sticky;
    StickyReading first;
    CookieWalk walk(facts_.fields, sticky.spec.key.name);
    for (int tried = 0; tried < kCookiesTriedMax; ++tried) {
      const auto text = walk.next();
      if (!text) break;
      const StickyReading reading = sticky.signer->read(*text, now_, sticky.ttl_seconds);
      if (reading.verdict == StickyVerdict::valid) return reading;
      if (tried == 0) first = reading;
    }
    return first;
  }

  const Arm* find_pinned_arm(const StickyPin& pin) noexcept {
    for (const Arm& arm : route_.arms) {
      const Upstream& upstream = snapshot_.upstreams[arm.upstream_index];
      if (!arm.in_split || upstream.hash != pin.upstream_hash) continue;
      const bool moves = route_.sticky->spec.on_revert == OnRevert::move;
      if (!moves || pin.epoch == arm.epoch) return &arm;
      out_.sticky = StickyVerdict::stale_epoch;
      return nullptr;
    }
    out_.sticky = StickyVerdict::unknown_upstream;
    return nullptr;
  }

  // Before the upstream's balance is asked: a drained endpoint gets no new session, yet keeps its
  // own, even when no other endpoint is left.
  bool try_pinned_endpoint(const Arm& arm, const StickyPin& pin) noexcept {
    if (!route_.sticky->spec.endpoint) return false;
    const Upstream& upstream = snapshot_.upstreams[arm.upstream_index];
    const Endpoint* pinned = find_pinned_endpoint(upstream, pin.endpoint_hash);
    if (pinned == nullptr) return false;
    name_place(arm, Reason::sticky);
    out_.placement = pin.placement;
    out_.endpoint = pinned;
    return true;
  }

  // The client is told its new endpoint under the session's first issue time: losing an endpoint
  // must not prolong the stay.
  void renew_endpoint(const StickyPin& pin) noexcept {
    if (!route_.sticky->spec.endpoint) return;
    out_.pin = pin;
    out_.pin.endpoint_hash = out_.endpoint->hash;
    out_.set_cookie = true;
  }

  void issue_pin() noexcept {
    const std::uint64_t endpoint = route_.sticky->spec.endpoint ? out_.endpoint->hash : 0;
    out_.session = session_of(worker_.random());
    out_.pin = {now_,           out_.upstream->hash,           endpoint,    out_.arm->epoch,
                out_.placement, route_.placements.front()->id, out_.session};
    out_.set_cookie = true;
  }

  static std::uint64_t session_of(std::uint64_t hash) noexcept { return hash == 0 ? 1 : hash; }

  const SharedPlacements& placements_of(const StickyPin& pin) const noexcept {
    for (const SharedPlacements& one : route_.placements)
      if (one->id == pin.placed_by) return one;
    return route_.unknown_placements;
  }

  // ---- the weights -----------------------------------------------------------------------------

  bool is_keyed() const noexcept { return route_.sticky && !uses_cookie(); }

  std::uint32_t draw_by_chance() noexcept {
    return route_.draw.draw(worker_.random).value_or(kNoIndex);
  }

  std::uint32_t draw_by_key() noexcept {
    const Sticky& sticky = *route_.sticky;
    const auto key = find_key(sticky.spec.key, sticky.header, facts_);
    if (!key) return draw_by_chance();
    const std::uint64_t hash = stable_hash(*key, sticky.key_seed);
    out_.session = session_of(hash);
    const auto owner = route_.partition.owner_of(hash);
    if (!owner) return kNoIndex;
    const std::uint32_t index = find_arm_of_slot(*owner);
    if (index == kNoIndex || is_available(route_.arms[index])) return index;
    if (route_.spec.when_unavailable != WhenUnavailable::redistribute) return index;
    return redistribute_key(route_.available_owners, hash).value_or(kNoIndex);
  }

  std::uint32_t find_arm_of_slot(std::uint32_t upstream_slot) const noexcept {
    for (std::uint32_t i = 0; i < route_.arms.size(); ++i) {
      if (route_.arms[i].upstream_slot == upstream_slot) return i;
    }
    return kNoIndex;
  }

  // ---- settling --------------------------------------------------------------------------------

  bool is_available(const Arm& arm) const noexcept {
    return !snapshot_.upstreams[arm.upstream_index].available.empty();
  }

  bool settle(const Arm& arm, Reason reason, Placement placement) noexcept {
    if (!is_available(arm)) {
      if (route_.spec.when_unavailable == WhenUnavailable::fail) name_place(arm, reason);
      return when_unavailable();
    }
    name_place(arm, reason);
    out_.placement = placement;
    out_.endpoint = balance(*out_.upstream, worker_, facts_, {});
    return true;
  }

  void name_place(const Arm& arm, Reason reason) noexcept {
    out_.arm = &arm;
    out_.upstream = &snapshot_.upstreams[arm.upstream_index];
    out_.reason = reason;
  }

  bool when_unavailable() noexcept {
    if (route_.spec.when_unavailable == WhenUnavailable::redistribute) return false;
    if (route_.spec.when_unavailable == WhenUnavailable::fallback) {
      name_place(route_.arms[route_.fallback_arm], Reason::fallback);
      out_.endpoint = balance(*out_.upstream, worker_, facts_, {});
    }
    if (out_.endpoint == nullptr) out_.failure = DecisionFailure::no_endpoint;
    return true;
  }

  const Snapshot& snapshot_;
  WorkerDraw& worker_;
  const RequestFacts& facts_;
  const std::uint64_t now_;
  const Route& route_;
  Decision& out_;
};

}  // namespace

std::string_view label(Reason reason) noexcept {
  switch (reason) {
    case Reason::override:
      return "override";
    case Reason::sticky:
      return "sticky";
    case Reason::weight:
      return "weight";
    case Reason::fallback:
      return "fallback";
  }
  return "unknown";
}

std::string_view label(DecisionFailure failure) noexcept {
  switch (failure) {
    case DecisionFailure::none:
      return "none";
    case DecisionFailure::no_route:
      return "no_route";
    case DecisionFailure::no_endpoint:
      return "no_endpoint";
  }
  return "unknown";
}

const Route* find_route(const Snapshot& snapshot, const RequestFacts& facts) noexcept {
  for (const Route& route : snapshot.routes) {
    if (matches(route.matcher, facts)) return &route;
  }
  return nullptr;
}

Decision decide(const Snapshot& snapshot, WorkerDraw& worker, const RequestFacts& facts,
                std::uint64_t now_seconds) noexcept {
  Decision decision;
  decision.route = find_route(snapshot, facts);
  if (decision.route == nullptr) {
    decision.failure = DecisionFailure::no_route;
    return decision;
  }
  if (decision.route->spec.answers_itself()) return decision;
  Deciding(snapshot, worker, facts, now_seconds, *decision.route, decision).run();
  return decision;
}

Target pick_again(const Snapshot& snapshot, const Route& route, const Target& failed,
                  WorkerDraw& worker, std::span<const std::uint32_t> tried) noexcept {
  // The head's views are void by now, so a consistent hash has no key: any other endpoint will do.
  constexpr RequestFacts kNoFacts{};
  if (route.retry_arm != kNoIndex && &route.arms[route.retry_arm] != failed.arm) {
    const Arm& arm = route.arms[route.retry_arm];
    const Upstream& other = snapshot.upstreams[arm.upstream_index];
    if (const Endpoint* const endpoint = balance(other, worker, kNoFacts, {}))
      return {&arm, &other, endpoint};
  }
  const Endpoint* const endpoint = balance(*failed.upstream, worker, kNoFacts, tried);
  if (endpoint == nullptr) return {};
  const auto index = static_cast<std::uint32_t>(endpoint - failed.upstream->endpoints.data());
  // Excluded ones come back when there is no other.
  if (std::find(tried.begin(), tried.end(), index) != tried.end()) return {};
  return {failed.arm, failed.upstream, endpoint};
}

void append_set_cookie(const Decision& decision, std::uint64_t now_seconds, bool secure,
                       std::string& out) {
  append_set_cookie(*decision.route->sticky, decision.pin, now_seconds, secure, out);
}

}  // namespace sluice::routing
