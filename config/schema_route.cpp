// The rows of `routes`.
#include <algorithm>
#include <limits>

#include "base/suggest.hpp"
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::RouteSpec;
using routing::WeightSpec;
using routing::WhenUnavailable;
using std::chrono::hours;

constexpr std::string_view kFallback = "fallback:";

// A map from upstream to weight, in the order of the file.
Codec<std::vector<WeightSpec>> split() {
  const auto weight = integer(0, std::numeric_limits<std::int32_t>::max());
  auto type = std::make_shared<const Type>(Type{.form = Form::map,
                                                .summary = "a map of upstreams and weights",
                                                .element = weight.type,
                                                .items_min = 1});
  return {type,
          [=](const Tree& tree, Reader& reader, std::vector<WeightSpec>& out) {
            if (!reader.expect(tree, Kind::map, *type)) return;
            if (tree.members.empty()) reader.error(tree.place, "at least one upstream is needed");
            for (const Member& member : tree.members) {
              const auto step = reader.enter(member.key);
              reader.refer_upstream(member.key, member.place);
              WeightSpec& it = out.emplace_back(WeightSpec{member.key, 0});
              weight.read(member.value, reader, it.weight);
            }
          },
          [=](const std::vector<WeightSpec>& value, Detail detail) {
            Tree out = map_tree();
            for (const auto& it : value) {
              out.members.push_back({it.upstream, weight.render(it.weight, detail), {}});
            }
            return out;
          }};
}

struct Unavailable {
  WhenUnavailable action = WhenUnavailable::redistribute;
  std::string fallback;
};

Codec<Unavailable> when_unavailable() {
  auto type = std::make_shared<const Type>(
      Type{.form = Form::text,
           .summary = "redistribute, fail or fallback:UPSTREAM",
           .pattern = "^(redistribute|fail|fallback:[A-Za-z0-9_.-]{1,64})$"});
  return {type,
          [type](const Tree& tree, Reader& reader, Unavailable& out) {
            if (!reader.expect(tree, Kind::scalar, *type)) return;
            const std::string_view text = tree.text;
            if (text == "redistribute" || text == "fail") {
              out = {text == "fail" ? WhenUnavailable::fail : WhenUnavailable::redistribute, {}};
            } else if (text.starts_with(kFallback) && text.size() > kFallback.size()) {
              out = {WhenUnavailable::fallback, std::string(text.substr(kFallback.size()))};
              reader.refer_upstream(out.fallback, tree.place);
            } else {
              const auto problem = not_one_of(text, {"redistribute", "fail", "fallback:UPSTREAM"});
              reader.error(tree.place, problem.message, problem.suggestion);
            }
          },
          [](const Unavailable& it, Detail) {
            if (it.action == WhenUnavailable::fallback) {
              return scalar_tree(std::string(kFallback) + it.fallback);
            }
            return scalar_tree(it.action == WhenUnavailable::fail ? "fail" : "redistribute");
          }};
}

void check_baseline(const Tree& tree, Reader& reader, const RouteSpec& it) {
  if (!it.guard || it.guard->baseline.empty()) return;
  std::vector<std::string> names;
  for (const WeightSpec& one : it.split) names.push_back(one.upstream);
  if (std::ranges::find(names, it.guard->baseline) != names.end()) return;
  const Member* guard = tree.find("guard");
  const auto step = reader.enter("guard");
  reader.key_error(guard ? place_at(guard->value, "baseline") : tree.place, "baseline",
                   "'" + it.guard->baseline + "' is not in the split",
                   suggest(it.guard->baseline, names));
}

void check_route(const Tree& tree, Reader& reader, RouteSpec& it) {
  check_own_answer(tree, reader, it);
  if (it.answers_itself()) return;
  check_baseline(tree, reader, it);
  if (!it.rewrite.path_prefix) return;
  if (it.match.path && it.match.path->kind == routing::StringMatchKind::prefix) return;
  const Member* rewrite = tree.find("rewrite");
  const Member* prefix = rewrite ? rewrite->value.find("path_prefix") : nullptr;
  const auto step = reader.enter("rewrite");
  reader.key_error(prefix ? prefix->place : tree.place, "path_prefix",
                   "'path_prefix' replaces what match.path.prefix matched; this route has none");
}

Field<RouteSpec> timeouts_row() {
  return inner("timeouts",
               object<RouteSpec>({.fields = {row("request", &RouteSpec::request_timeout,
                                                 duration(milliseconds(0), hours(24)),
                                                 "The whole request, until the response has ended; "
                                                 "0s sets no limit."),
                                             row("tunnel", &RouteSpec::tunnel_timeout,
                                                 duration(milliseconds(1), hours(24)),
                                                 "An upgraded connection (WebSocket) on which "
                                                 "nothing has passed either way for this long is "
                                                 "closed.")}}),
               "Limits on the time of a request.");
}

// Else it answers by itself.
bool splits(const RouteSpec& it) {
  return !it.answers_itself();
}

Field<RouteSpec> overrides_row() {
  using R = RouteSpec;
  return only_if(splits,
                 row("overrides", &R::overrides, list(override_codec()),
                     "Requests that go to one upstream whatever weights and pins say; the first "
                     "that matches wins."));
}

Field<RouteSpec> retry_row() {
  using R = RouteSpec;
  return only_if(splits,
                 row("retry", &R::retry, retry_codec(),
                     "When a request whose attempt failed is sent to another endpoint. Never once "
                     "a byte of the response has reached the client.",
                     {.example = "{ attempts: 1, on: [connect_failure, reset, \"502-504\"], "
                                 "other_upstream: blue }"}));
}

Field<RouteSpec> unavailable_row() {
  return row_with<RouteSpec, Unavailable>(
      "when_unavailable", when_unavailable(),
      [](const RouteSpec& it) {
        return splits(it) ? std::optional(Unavailable{it.when_unavailable, it.fallback})
                          : std::nullopt;
      },
      [](RouteSpec& it, Unavailable value) {
        it.when_unavailable = value.action;
        it.fallback = std::move(value.fallback);
      },
      "When the picked upstream has no available endpoint: share its weight among the others, "
      "answer 503, or use one named upstream.",
      {.example = "fallback:blue"});
}

}  // namespace

Codec<RouteSpec> route_codec() {
  using R = RouteSpec;
  return object<R>(
      {.fields = {row("name", &R::name, text("a name", "^[A-Za-z0-9_.-]{1,64}$", check_name),
                      "Name in metrics, logs and the admin API. Names of routes differ.",
                      {.example = "shop", .shown_default = "routeN, counted from 1"}),
                  row("match", &R::match, match_codec(),
                      "Which requests the route takes. All conditions must hold; absent ones do. "
                      "Without `match` it takes every request."),
                  row("access", &R::access, access_codec(),
                      "Which clients may use the route, and how often; after the listener's own "
                      "rules."),
                  overrides_row(),
                  row("sticky", &R::sticky, sticky_codec(),
                      "Keeps a client on the upstream it was first sent to. Absent: every request "
                      "is split anew.",
                      {.example = "{ cookie: sluice, ttl: 1h }"}),
                  row("split", &R::split, split(),
                      "Upstreams and their weights: whole numbers from 0, relative to their sum, "
                      "whatever it is. 0 takes no new sessions; when all are 0 the answer is 503.",
                      {.example = "{ blue: 90, canary: 10 }"}),
                  row("redirect", &R::redirect, redirect_codec(),
                      "Sends clients elsewhere, in place of a split.",
                      {.example = "{ to: \"https://new.example{uri}\", status: 308 }"}),
                  row("respond", &R::respond, respond_codec(),
                      "Answers by itself, in place of a split.",
                      {.example = "{ status: 503, body: closed for today }"}),
                  unavailable_row(), retry_row(), timeouts_row(),
                  row("guard", &R::guard, guard_codec(),
                      "Takes the weight of an upstream that is worse than the baseline by itself, "
                      "with a stated probability of being wrong. Absent: nobody does.",
                      {.example = "{ baseline: blue }"}),
                  row("rewrite", &R::rewrite, rewrite_codec(),
                      "Changes to the request before it goes on, and to the response.")},
       .groups = {{{"split", "redirect", "respond"}}},
       .later = {"mirror"},
       .check = check_route});
}

Codec<std::vector<WeightSpec>> split_codec() {
  return split();
}

}  // namespace sluice::config
