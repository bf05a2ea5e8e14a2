// The rows of an upstream's `health`.
#include "config/schema_expectation.hpp"
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::DegradedSpec;
using routing::ExpectationSpec;
using routing::HealthSpec;
using routing::HttpProbeSpec;
using std::chrono::hours;
using std::chrono::minutes;

constexpr double kJitterMax = 0.5;
constexpr std::uint32_t kStreakMax = 100;

Codec<HttpProbeSpec> http_probe() {
  using P = HttpProbeSpec;
  return object<P>(
      {.fields = {row("path", &P::path, text("a path", "^/", check_target),
                      "What is asked for; a query may follow.", {.example = "/health/deep"}),
                  row("method", &P::method, text("a method", {}, check_method),
                      "The method, in capitals."),
                  row("host", &P::host, text("a host", {}, check_host_value),
                      "The Host header. Absent: the endpoint's address as configured.",
                      {.example = "app.internal"})}});
}

Field<HealthSpec> tcp_row() {
  return row_with<HealthSpec, Nothing>(
      "tcp", object<Nothing>({}),
      [](const HealthSpec& it) { return it.http ? std::nullopt : std::optional(Nothing{}); },
      [](HealthSpec&, Nothing) {}, "A check opens a TCP connection and asks nothing.",
      {.example = "{}"});
}

// What excuses everything would hide every failure.
void check_degraded(const Tree& tree, Reader& reader, DegradedSpec& it) {
  const bool names_nothing = std::ranges::all_of(tree.members, [](const Member& member) {
    return member.key == "weight" || member.key == "headers";
  });
  if (names_nothing && it.expect == ExpectationSpec{})
    reader.error(tree.place, "one of 'status', 'headers', 'body' or 'json' is needed");
}

Codec<DegradedSpec> degraded() {
  using D = DegradedSpec;
  std::vector<Field<D>> fields;
  for (auto& field : expectation_rows({})) fields.push_back(lifted(std::move(field), &D::expect));
  fields.front().info.default_text.clear();  // of `status`: not asked
  fields.push_back(row("weight", &D::weight, ratio(),
                       "The share of its own weight that the endpoint has while it is degraded."));
  return object<D>({.fields = std::move(fields), .check = check_degraded});
}

// A row about the response, which only a check by HTTP has.
Field<HealthSpec> response_row(Field<HealthSpec> field) {
  return only_if([](const HealthSpec& it) { return it.http.has_value(); }, std::move(field));
}

bool asks_for_body(const ExpectationSpec& it) {
  return !it.body_matches.empty() || !it.json.empty();
}

void check_method_has_body(const Tree& tree, Reader& reader, const HealthSpec& it) {
  const bool asked =
      asks_for_body(it.expect) || (it.degraded && asks_for_body(it.degraded->expect));
  if (it.http->method != "HEAD" || !asked) return;
  const auto step = reader.enter("http");
  const auto inner_step = reader.enter("method");
  reader.error(place_at(tree.find("http")->value, "method"),
               "a response to HEAD has no body to look into", "GET");
}

void check_health(const Tree& tree, Reader& reader, HealthSpec& it) {
  if (it.http) return check_method_has_body(tree, reader, it);
  if (!tree.find("tcp")) return;
  for (const auto* const key : {"expect", "degraded"}) {
    if (const Member* member = tree.find(key)) {
      reader.key_error(member->place, key,
                       "'" + std::string(key) + "' is about a response; a check by tcp has none");
    }
  }
}

std::vector<Field<HealthSpec>> pace_rows() {
  using H = HealthSpec;
  return {
      row("interval", &H::interval, duration(milliseconds(10), hours(1)),
          "From the beginning of one check of an endpoint that is up to that of the next, which "
          "waits for the end of the last. From 1s on checks begin together, every 100 ms."),
      row("down_interval", &H::down_interval, duration(milliseconds(10), hours(1)),
          "The interval of an endpoint that is not up or has just failed; never longer than "
          "`interval`."),
      row("timeout", &H::timeout, duration(milliseconds(1), minutes(5)),
          "Of a whole check, from connecting to the end of the response."),
      row("rise", &H::rise, integer(1, kStreakMax),
          "Passes in a row until an endpoint that was down is up. The very first result counts "
          "alone."),
      row("fall", &H::fall, integer(1, kStreakMax),
          "Failures in a row until an endpoint that was up is down."),
      row("jitter", &H::jitter, ratio(kJitterMax),
          "Each interval is this much shorter or longer, by chance, so that checks spread out."),
  };
}

}  // namespace

Codec<HealthSpec> health_codec() {
  using H = HealthSpec;
  std::vector<Field<H>> fields{
      row("http", &H::http, http_probe(), "A check is an HTTP/1.1 request.",
          {.example = "{ path: /health/deep }"}),
      tcp_row()};
  for (auto& field : pace_rows()) fields.push_back(std::move(field));
  fields.push_back(response_row(
      row("expect", &H::expect,
          object<ExpectationSpec>({.fields = expectation_rows({.shown_default = "[200-299]"})}),
          "What the response must be like, in all of its parts; else the check has failed.")));
  fields.push_back(response_row(
      row("degraded", &H::degraded, degraded(),
          "What a response is like that keeps the endpoint in service, at a lower weight. All of "
          "it must match, and with it every part of `expect` that it does not name itself.",
          {.example = "{ json: { /status: degraded } }"})));
  return object<H>({.fields = std::move(fields),
                    .groups = {{{"http", "tcp"}}},
                    .later = {"grpc"},
                    .check = check_health});
}

}  // namespace sluice::config
