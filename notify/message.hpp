#pragma once
// An event in the words of whoever is told. Pure.
//
// Source: CloudEvents 1.0.2 (structured mode, JSON); Slack incoming webhooks; PagerDuty Events API
//         v2; Standard Webhooks 1.0 (how it is signed).
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/events.hpp"
#include "notify/spec.hpp"

namespace sluice::notify {

std::string_view content_type_of(Format format);

// `source`: which proxy, "sluice/HOST". `secret`: of pagerduty the routing key.
std::string body_of(const control::Event& event, Format format, const std::string& source,
                    const std::string& secret);

// One line: "weights shop: blue=90 canary=10 -> blue=50 canary=50 (actor ann)".
std::string summary_of(const control::Event& event);

// webhook-id, webhook-timestamp and webhook-signature ("v1,BASE64": HMAC-SHA256 by `secret` of
// "ID.SECONDS.BODY").
using Fields = std::vector<std::pair<std::string, std::string>>;
Fields signature_of(const std::string& secret, const std::string& id, std::chrono::seconds now,
                    const std::string& body);

}  // namespace sluice::notify
