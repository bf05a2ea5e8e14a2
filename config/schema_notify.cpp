// The rows of `notifications`.
#include <string>

#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using notify::Format;
using notify::NotificationSpec;

// Its first line, which is never shown.
Field<NotificationSpec> secret_row() {
  auto codec = text("a file name", {}, check_file_name);
  return {
      {.key = "secret_file",
       .doc = "A file whose first line is the secret: of `cloudevents` and `slack` it signs "
              "(Standard Webhooks), of `pagerduty` it is the routing key. Named relative to the "
              "configuration file.",
       .example = "/etc/sluice/hook.key",
       .type = codec.type},
      [=](const Tree& tree, Reader& reader, NotificationSpec& out) {
        std::string name;
        codec.read(tree, reader, name);
        if (name.empty()) return;
        out.secret_file = resolve_file(name, reader.report().source().name());
        const auto content = reader.read_file()(out.secret_file);
        if (!content)
          return reader.error(tree.place,
                              "cannot read " + out.secret_file + ": " + content.error());
        out.secret = content->substr(0, content->find_first_of("\r\n"));
        if (out.secret.empty())
          reader.error(tree.place, out.secret_file + ": its first line is empty");
      },
      [=](const NotificationSpec& it, Detail detail) -> std::optional<Tree> {
        if (it.secret_file.empty()) return std::nullopt;
        return codec.render(it.secret_file, detail);
      }};
}

void check_notification(const Tree& tree, Reader& reader, NotificationSpec& it) {
  if (it.format == Format::pagerduty && it.secret_file.empty())
    reader.error(tree.place, "format: pagerduty needs a secret_file with the routing key");
}

}  // namespace

Codec<NotificationSpec> notification_codec() {
  using N = NotificationSpec;
  std::vector<std::pair<std::string, std::string>> kinds;
  for (const std::string& kind : N{}.events) kinds.emplace_back(kind, kind);
  return object<N>(
      {.fields = {row("url", &N::url, text("a URL", "^https?://", check_url),
                      "Where each event is sent, by POST.",
                      {.required = true, .example = "https://hooks.example/x"}),
                  secret_row(),
                  row("format", &N::format,
                      choice<Format>({{"cloudevents", Format::cloudevents},
                                      {"slack", Format::slack},
                                      {"pagerduty", Format::pagerduty}}),
                      "CloudEvents 1.0, an incoming webhook of Slack, or the Events API v2 of "
                      "PagerDuty."),
                  row("events", &N::events, list(choice<std::string>(kinds), 1),
                      "The kinds that are sent.")},
       .check = check_notification});
}

}  // namespace sluice::config
