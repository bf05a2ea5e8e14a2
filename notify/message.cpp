#include "notify/message.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/json_text.hpp"
#include "base/utf8.hpp"

namespace sluice::notify {
namespace {

using control::Event;
using control::EventKind;

std::string json(std::string_view text) {
  return json_string(with_valid_utf8(text));
}

std::string fields_object(const Event& event) {
  std::string out;
  for (const auto& [name, value] : event.fields)
    out += (out.empty() ? "" : ",") + json(name) + ':' + json(value);
  return '{' + out + '}';
}

std::string cloudevent(const Event& event, const std::string& source) {
  const std::string kind(label(event.kind));
  return R"({"specversion":"1.0","id":)" + json(std::to_string(event.id)) + R"(,"source":)" +
         json(source) + R"(,"type":)" + json("sluice." + kind) + R"(,"subject":)" +
         json(event.subject) + R"(,"time":)" + json(control::format_time(event.at)) +
         R"(,"datacontenttype":"application/json","data":)" + fields_object(event) + "}";
}

// Slack reads `&`, `<` and `>` as its own.
std::string slack_message(const Event& event) {
  std::string text;
  for (const char c : summary_of(event)) {
    if (c == '&')
      text += "&amp;";
    else if (c == '<')
      text += "&lt;";
    else if (c == '>')
      text += "&gt;";
    else
      text += c;
  }
  return R"({"text":)" + json(text) + "}";
}

std::string_view severity_of(const Event& event) {
  switch (event.kind) {
    case EventKind::reversion:
      return "critical";
    case EventKind::endpoint:
      return "warning";
    default:
      return "info";
  }
}

std::string pagerduty_event(const Event& event, const std::string& source,
                            const std::string& routing_key) {
  const std::string kind(label(event.kind));
  return R"({"routing_key":)" + json(routing_key) + R"(,"event_action":"trigger","dedup_key":)" +
         json(kind + " " + event.subject) + R"(,"payload":{"summary":)" + json(summary_of(event)) +
         R"(,"source":)" + json(source) + R"(,"severity":)" + json(severity_of(event)) +
         R"(,"timestamp":)" + json(control::format_time(event.at)) + R"(,"custom_details":)" +
         fields_object(event) + "}}";
}

}  // namespace

std::string_view content_type_of(Format format) {
  return format == Format::cloudevents ? "application/cloudevents+json" : "application/json";
}

std::string summary_of(const Event& event) {
  std::string main, rest;
  for (const auto& [name, value] : event.fields) {
    if (name == "before")
      main += " " + value + " ->";
    else if (name == "after" || name == "state")
      main += " " + value;
    else
      rest += (rest.empty() ? "" : ", ") + name + ' ' + value;
  }
  return std::string(label(event.kind)) + ' ' + event.subject + ':' + main +
         (rest.empty() ? "" : " (" + rest + ")");
}

std::string body_of(const Event& event, Format format, const std::string& source,
                    const std::string& secret) {
  switch (format) {
    case Format::slack:
      return slack_message(event);
    case Format::pagerduty:
      return pagerduty_event(event, source, secret);
    case Format::cloudevents:
      break;
  }
  return cloudevent(event, source);
}

Fields signature_of(const std::string& secret, const std::string& id, std::chrono::seconds now,
                    const std::string& body) {
  const std::string at = std::to_string(now.count());
  Fields fields{{"webhook-id", id}, {"webhook-timestamp", at}};
  if (secret.empty()) return fields;
  const Sha256Digest mac = HmacSha256(secret).sign(id + '.' + at + '.' + body);
  fields.emplace_back(
      "webhook-signature",
      "v1," + encode_base64({reinterpret_cast<const char*>(mac.data()), mac.size()}));
  return fields;
}

}  // namespace sluice::notify
