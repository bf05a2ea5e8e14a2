#pragma once
// The parts of the field table, and rows that several of them share.
#include <optional>
#include <string>
#include <utility>

#include "config/checks.hpp"
#include "config/field.hpp"

namespace sluice::config {

Codec<admin::AdminSpec> admin_codec();
Codec<telemetry::AccessLogSpec> access_log_codec();
Codec<telemetry::TracingSpec> tracing_codec();
Codec<notify::NotificationSpec> notification_codec();
Codec<proxy::ListenerSpec> listener_codec();
Codec<routing::UpstreamSpec> upstream_codec();
Codec<routing::HealthSpec> health_codec();
Codec<routing::LimitsSpec> limits_codec();
Codec<routing::OutlierSpec> outlier_codec();
Codec<routing::RouteSpec> route_codec();
Codec<routing::GuardSpec> guard_codec();
Codec<routing::HeaderMatchSpec> header_match_codec();
Codec<routing::MatchSpec> match_codec();
Codec<routing::OverrideSpec> override_codec();
Codec<routing::StickySpec> sticky_codec();
Codec<routing::RetrySpec> retry_codec();
Codec<routing::HeaderEditsSpec> header_edits_codec();
Codec<routing::RewriteSpec> rewrite_codec();
Codec<rollout::RolloutSpec> rollout_codec();
Codec<rollout::ExperimentSpec> experiment_codec();
Codec<std::vector<routing::WeightSpec>> split_codec();
Codec<routing::RedirectSpec> redirect_codec();
Codec<routing::RespondSpec> respond_codec();
// What such a route cannot have.
void check_own_answer(const Tree& tree, Reader& reader, const routing::RouteSpec& it);
Codec<routing::AccessSpec> access_codec();
Codec<ServerTlsSpec> server_tls_codec();
Codec<ClientTlsSpec> client_tls_codec();

// Files are named relative to the configuration file, wherever the process runs.
std::string resolve_file(const std::string& name, const std::string& configuration_file);

struct Nothing {
  friend bool operator==(const Nothing&, const Nothing&) = default;
};

// The row of one way to match a text; `lens(object)` is the StringMatch it fills.
template <class T, class Lens>
Field<T> match_row(std::string key, routing::StringMatchKind kind, Lens lens,
                   Codec<std::string> codec, std::string doc, More more = {}) {
  return row_with<T, std::string>(
      std::move(key), std::move(codec),
      [=](const T& it) -> std::optional<std::string> {
        const routing::StringMatch& match = lens(it);
        return match.kind == kind ? std::optional(match.value) : std::nullopt;
      },
      [=](T& it, std::string value) {
        lens(it) = {kind, std::move(value)};
      },
      std::move(doc), std::move(more));
}

// The row of one source of a key: `cookie: NAME`, `header: NAME`.
template <class T>
Field<T> key_name_row(std::string key, routing::KeySource source, routing::KeySpec T::*member,
                      Codec<std::string> codec, std::string doc, More more = {}) {
  return row_with<T, std::string>(
      std::move(key), std::move(codec),
      [=](const T& it) -> std::optional<std::string> {
        return (it.*member).source == source ? std::optional((it.*member).name) : std::nullopt;
      },
      [=](T& it, std::string name) {
        it.*member = {source, std::move(name)};
      },
      std::move(doc), std::move(more));
}

// The row of a source without a name: `client_ip: {}`.
template <class T>
Field<T> key_row(std::string key, routing::KeySource source, routing::KeySpec T::*member,
                 std::string doc) {
  return row_with<T, Nothing>(
      std::move(key), object<Nothing>({}),
      [=](const T& it) -> std::optional<Nothing> {
        return (it.*member).source == source ? std::optional(Nothing{}) : std::nullopt;
      },
      [=](T& it, Nothing) {
        it.*member = {source, {}};
      },
      std::move(doc), {.example = "{}"});
}

// The row of a member, as one of the object around it: their keys stand in one map.
template <class T, class M>
Field<T> lifted(Field<M> field, M T::*member) {
  auto read = field.read;
  auto render = field.render;
  return {std::move(field.info),
          [=](const Tree& tree, Reader& reader, T& out) { read(tree, reader, out.*member); },
          [=](const T& it, Detail detail) { return render(it.*member, detail); }};
}

// `field`, written only where `applies`.
template <class T, class Predicate>
Field<T> only_if(Predicate applies, Field<T> field) {
  auto render = field.render;
  field.render = [=](const T& it, Detail detail) -> std::optional<Tree> {
    return applies(it) ? render(it, detail) : std::nullopt;
  };
  return field;
}

// Place of the value at `key`, or of the object itself.
inline const Place& place_at(const Tree& tree, std::string_view key) {
  const Member* member = tree.find(key);
  return member ? member->value.place : tree.place;
}

}  // namespace sluice::config
