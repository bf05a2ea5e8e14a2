#include "config/schema.hpp"

#include <algorithm>
#include <filesystem>

#include "base/suggest.hpp"
#include "config/key_file.hpp"
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Field<Configuration> version_row() {
  return row_with<Configuration, std::uint32_t>(
      "version", integer(1, 1), [](const Configuration&) { return std::optional(1U); },
      [](Configuration&, std::uint32_t) {}, "The version of this format.",
      {.required = true, .example = "1"});
}

// `auto` or a number.
Codec<std::uint32_t> worker_count() {
  auto number = integer(1, 1'024);
  Type type = *number.type;
  type.summary = "auto or a whole number";
  type.choices = {"auto"};
  auto shared = std::make_shared<const Type>(std::move(type));
  return {shared,
          [=](const Tree& tree, Reader& reader, std::uint32_t& out) {
            if (tree.kind == Kind::scalar && tree.text == "auto") {
              out = 0;
            } else if (reader.expect(tree, Kind::scalar, *shared)) {
              number.read(tree, reader, out);
            }
          },
          [](const std::uint32_t& value, Detail) {
            return scalar_tree(value ? std::to_string(value) : "auto");
          }};
}

Field<Configuration> sticky_keys_row() {
  auto codec = text("a file name", {}, check_file_name);
  return {
      {.key = "sticky_keys_file",
       .doc = "Keys that sign sticky cookies: newest first, one base64 key of at least 16 bytes "
              "a line; blank lines and lines that begin with # are skipped. The first signs, "
              "all verify, so a key is rotated by putting a new one on top. Without the file a "
              "key is made and kept in the state. Named relative to the configuration file.",
       .example = "/etc/sluice/sticky.keys",
       .type = codec.type},
      [=](const Tree& tree, Reader& reader, Configuration& out) {
        std::string name;
        codec.read(tree, reader, name);
        if (name.empty()) return;
        out.sticky_keys_file = resolve_file(name, reader.report().source().name());
        read_key_file(out.sticky_keys_file, tree.place, reader, out.sticky_keys);
      },
      [=](const Configuration& it, Detail detail) -> std::optional<Tree> {
        if (it.sticky_keys_file.empty()) return std::nullopt;
        return codec.render(it.sticky_keys_file, detail);
      }};
}

// Gives the nameless their names and checks that no two agree.
template <class T>
void settle_names(const Tree& root, Reader& reader, std::string_view key, const std::string& noun,
                  std::vector<T>& specs) {
  const Member* list = root.find(key);
  if (!list) return;
  const auto step = reader.enter(key);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const auto inner_step = reader.enter(i);
    if (specs[i].name.empty()) specs[i].name = noun + std::to_string(i + 1);
    const auto name_step = reader.enter("name");
    reader.claim(noun + " name", specs[i].name, place_at(list->value.items[i], "name"));
  }
}

void claim_addresses(const Tree& root, Reader& reader, const Configuration& it) {
  const auto claim = [&](const std::string& key, const std::string& address, const Tree& tree) {
    const auto step = reader.enter(key);
    const bool shared = address.empty() || address.ends_with(":0");
    if (!shared) reader.claim("address", address, place_at(tree, key));
  };
  if (const Member* admin = root.find("admin")) {
    const auto step = reader.enter("admin");
    claim("listen", it.admin.listen, admin->value);
  }
  for (std::size_t i = 0; i < it.listeners.size(); ++i) {
    const auto step = reader.enter("listeners");
    const auto inner_step = reader.enter(i);
    claim("bind", it.listeners[i].bind, root.find("listeners")->value.items[i]);
  }
}

bool share_a_host(const routing::RouteSpec& a, const routing::RouteSpec& b) {
  if (a.match.hosts.empty() || b.match.hosts.empty()) return true;
  return std::ranges::any_of(a.match.hosts, [&](const std::string& host) {
    return std::ranges::find(b.match.hosts, host) != b.match.hosts.end();
  });
}

bool overwrites_cookie(const routing::RouteSpec& a, const routing::RouteSpec& b) {
  if (!a.sticky || !b.sticky || a.sticky->key.source != routing::KeySource::cookie) return false;
  return a.sticky->key == b.sticky->key && a.sticky->cookie.path == b.sticky->cookie.path &&
         a.sticky->cookie.domain == b.sticky->cookie.domain && share_a_host(a, b);
}

// A pin is signed for its route; two routes that write one cookie would undo each other's pins.
void check_sticky_cookies(const Tree& root, Reader& reader,
                          const std::vector<routing::RouteSpec>& routes) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto earlier = std::find_if(routes.begin(), routes.begin() + i, [&](const auto& other) {
      return overwrites_cookie(other, routes[i]);
    });
    if (earlier == routes.begin() + i) continue;
    const auto step = reader.enter("routes");
    const auto inner_step = reader.enter(i);
    const auto key_step = reader.enter("sticky");
    reader.error(place_at(root.find("routes")->value.items[i], "sticky"),
                 "cookie '" + routes[i].sticky->key.name + "' is also that of route '" +
                     earlier->name +
                     "', on the same hosts and path: each would overwrite the other's");
  }
}

// One of the entries of a list, to refuse things in it.
class ListEntry {
 public:
  ListEntry(const Tree& root, Reader& reader, std::string_view list, std::size_t index)
      : reader_(reader),
        tree_(root.find(list)->value.items[index]),
        step_(reader.enter(list)),
        inner_step_(reader.enter(index)) {}

  void refuse(std::string_view key, const std::string& message) {
    const auto step = reader_.enter(key);
    reader_.error(place_at(tree_, key), message);
  }
  void claim(const std::string& what, const std::string& name, std::string_view key) {
    reader_.claim(what, name, place_at(tree_, key));
  }
  // Null, after an error: there is none.
  const routing::RouteSpec* find_route(const Configuration& it, const std::string& name) {
    const auto route = std::ranges::find(it.routing.routes, name, &routing::RouteSpec::name);
    if (route != it.routing.routes.end()) return &*route;
    if (!name.empty()) refuse("route", "no route is named '" + name + "'");
    return nullptr;
  }

 private:
  Reader& reader_;
  const Tree& tree_;
  Reader::Step step_;
  Reader::Step inner_step_;
};

// A rollout moves the split of its route between two upstreams of it.
void check_rollouts(const Tree& root, Reader& reader, const Configuration& it) {
  for (std::size_t i = 0; i < it.rollouts.size(); ++i) {
    const rollout::RolloutSpec& rollout = it.rollouts[i];
    ListEntry entry(root, reader, "rollouts", i);
    const routing::RouteSpec* const route = entry.find_route(it, rollout.route);
    if (route == nullptr) continue;
    entry.claim("rollout of route", rollout.route, "route");
    for (const auto& [key, name] :
         {std::pair("stable", rollout.stable), {"canary", rollout.canary}})
      if (!name.empty() && !routing::find_weight(route->split, name))
        entry.refuse(key, "'" + name + "' is not in the split of route '" + rollout.route + "'");
    if (!rollout.stable.empty() && rollout.stable == rollout.canary)
      entry.refuse("canary", "the canary is the stable version");
  }
}

// An experiment divides the users of a sticky route among upstreams of its split.
void check_experiments(const Tree& root, Reader& reader, const Configuration& it) {
  for (std::size_t i = 0; i < it.experiments.size(); ++i) {
    const rollout::ExperimentSpec& experiment = it.experiments[i];
    ListEntry entry(root, reader, "experiments", i);
    if (!experiment.name.empty()) entry.claim("experiment", experiment.name, "name");
    const routing::RouteSpec* const route = entry.find_route(it, experiment.route);
    if (route == nullptr) continue;
    if (!route->sticky)
      entry.refuse("route", "route '" + experiment.route +
                                "' is not sticky: its users would see now one arm, now another");
    else if (route->sticky->on_revert == routing::OnRevert::keep)
      entry.refuse("route", "route '" + experiment.route +
                                "' keeps its pins (on_revert: keep): users that were placed before "
                                "would be counted as placed by this split");
    for (const routing::WeightSpec& arm : experiment.split)
      if (!routing::find_weight(route->split, arm.upstream))
        entry.refuse("split", "'" + arm.upstream + "' is not in the split of route '" +
                                  experiment.route + "'");
  }
}

// Who splits nothing needs none.
void check_upstreams(const Tree& root, Reader& reader, const Configuration& it) {
  std::vector<std::string> upstreams;
  for (const auto& upstream : it.routing.upstreams) upstreams.push_back(upstream.name);
  if (root.find("upstreams")) return reader.check_references(upstreams);
  const bool needless =
      !it.routing.routes.empty() &&
      std::ranges::all_of(it.routing.routes, [](const auto& route) { return route.split.empty(); });
  const std::vector<std::string> key{"upstreams"};
  const bool told = std::ranges::any_of(
      root.members, [&](const Member& one) { return !suggest(one.key, key).empty(); });
  if (!needless && !told)
    reader.key_error(root.place, "upstreams", "'upstreams' is missing at the top of the file");
}

void check_whole(const Tree& root, Reader& reader, Configuration& it) {
  settle_names(root, reader, "listeners", "listener", it.listeners);
  settle_names(root, reader, "routes", "route", it.routing.routes);
  claim_addresses(root, reader, it);
  check_sticky_cookies(root, reader, it.routing.routes);
  check_rollouts(root, reader, it);
  check_experiments(root, reader, it);
  check_upstreams(root, reader, it);
}

Codec<control::StateSpec> state_codec() {
  using S = control::StateSpec;
  return object<S>(
      {.fields = {row("path", &S::path, text("a file name", {}, check_file_name),
                      "A SQLite database, made when it is not there, for this process alone. Named "
                      "relative to the configuration file.",
                      {.required = true, .example = "/var/lib/sluice/state.db"})},
       .check = [](const Tree&, Reader& reader, S& it) {
         it.path = resolve_file(it.path, reader.report().source().name());
       }});
}

Codec<Configuration> make_codec() {
  using C = Configuration;
  return object<C>(
      {.fields =
           {version_row(),
            row("workers", &C::workers, worker_count(),
                "Worker threads; `auto` is one for each core the process may use."),
            row("drain_timeout", &C::drain_timeout, duration(milliseconds(0), hours(24)),
                "How long a graceful stop waits for requests in flight."),
            row("state", &C::state, state_codec(),
                "Where what is set at run time is kept. Absent: in memory, to the end of the "
                "process."),
            sticky_keys_row(),
            row("admin", &C::admin, admin_codec(),
                "The admin listener: metrics, health, API. Absent: there is none."),
            row("access_log", &C::access_log, access_log_codec(),
                "A line for each request; `{}` writes JSON to stdout. Absent: there is none."),
            row("tracing", &C::tracing, tracing_codec(),
                "Spans of requests and their attempts, for a collector. Absent: there are none; "
                "`traceparent` is passed on all the same.",
                {.example = "{ otlp: \"http://127.0.0.1:4318\", sample: 1% }"}),
            row("notifications", &C::notifications, list(notification_codec()),
                "Who is told of what happens. Absent: nobody."),
            row("listeners", &C::listeners, list(listener_codec(), 1),
                "Where clients connect. At least one.", {.required = true}),
            row_with<C, std::vector<routing::UpstreamSpec>>(
                "upstreams", named_map(upstream_codec(), &routing::UpstreamSpec::name, check_name),
                [](const C& it) {
                  const auto& all = it.routing.upstreams;
                  return all.empty() ? std::nullopt : std::optional(all);
                },
                [](C& it, auto value) { it.routing.upstreams = std::move(value); },
                "Named groups of endpoints that serve the same thing: blue, green, canary. "
                "At least one, unless every route answers by itself. A name has 1 to 64 letters, "
                "digits, `_`, `.` or `-`.",
                {.shown_default = "none"}),
            row_with<C, std::vector<routing::RouteSpec>>(
                "routes", list(route_codec(), 1),
                [](const C& it) { return std::optional(it.routing.routes); },
                [](C& it, auto value) { it.routing.routes = std::move(value); },
                "Which requests go where. The first route that matches wins. At least one.",
                {.required = true}),
            row("rollouts", &C::rollouts, list(rollout_codec()),
                "Ways from one version to the next that may be started: `sluice rollout start "
                "ROUTE`."),
            row("experiments", &C::experiments, list(experiment_codec()),
                "Versions side by side whose users are compared: `sluice experiment start NAME`.")},
       .check = check_whole});
}

}  // namespace

std::string resolve_file(const std::string& name, const std::string& configuration_file) {
  std::error_code error;
  const auto here = std::filesystem::absolute(configuration_file, error);
  return (here.parent_path() / name).lexically_normal().string();
}

const Codec<Configuration>& configuration_codec() {
  static const Codec<Configuration> codec = make_codec();
  return codec;
}

}  // namespace sluice::config
