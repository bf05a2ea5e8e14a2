#pragma once
// What a user may write about upstreams and routes. Plain values with their defaults: config/ fills
// them from YAML, routing/compile turns them into a snapshot, nobody else interprets them.
//
// Invariant: a spec that left config/ is valid: names are unique and refer to something, weights
//            fit 32 bits, regular expressions compile, header names are tokens.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/tls_spec.hpp"

namespace sluice::routing {

using std::chrono::milliseconds;

// ---- what several of them use ------------------------------------------------------------------

enum class StringMatchKind : std::uint8_t { exact, prefix, regex, present };

struct StringMatch {
  StringMatchKind kind = StringMatchKind::present;
  std::string value;
  friend bool operator==(const StringMatch&, const StringMatch&) = default;
};

struct HeaderMatchSpec {
  std::string name;
  StringMatch match;
  friend bool operator==(const HeaderMatchSpec&, const HeaderMatchSpec&) = default;
};

struct StatusRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;  // inclusive
  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

// ---- health of an upstream's endpoints ---------------------------------------------------------

using JsonScalar = std::variant<std::nullptr_t, bool, double, std::string>;

enum class JsonTestKind : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  matches,  // a string, RE2 anywhere in it
  exists    // the operand says whether it should
};

// A value of another type than the operand's fails every test but not_equal.
struct JsonTest {
  JsonTestKind kind = JsonTestKind::equal;
  std::vector<JsonScalar> operands;  // one; any number for `in`
  friend bool operator==(const JsonTest&, const JsonTest&) = default;
};

struct JsonExpectation {
  std::string pointer;          // RFC 6901
  std::vector<JsonTest> tests;  // all must hold; at least one
  friend bool operator==(const JsonExpectation&, const JsonExpectation&) = default;
};

// What a response must be like. Empty parts ask for nothing.
struct ExpectationSpec {
  std::vector<StatusRange> statuses;
  std::vector<HeaderMatchSpec> headers;
  std::string body_matches;  // RE2, anywhere in the body
  std::vector<JsonExpectation> json;
  friend bool operator==(const ExpectationSpec&, const ExpectationSpec&) = default;
};

struct DegradedSpec {
  ExpectationSpec expect;  // what matches it as a whole is degraded
  double weight = 0.5;     // of the endpoint's own, while it is
  friend bool operator==(const DegradedSpec&, const DegradedSpec&) = default;
};

struct HttpProbeSpec {
  std::string path = "/";
  std::string method = "GET";
  std::string host;  // empty: the endpoint's address, as configured
  friend bool operator==(const HttpProbeSpec&, const HttpProbeSpec&) = default;
};

struct HealthSpec {
  std::optional<HttpProbeSpec> http;  // absent: a TCP connection that opens is enough
  milliseconds interval{2'000};
  milliseconds down_interval{1'000};  // while it is not up
  milliseconds timeout{1'000};        // of a whole check
  double jitter = 0.1;                // of an interval, either way
  std::uint32_t rise = 2;             // passes in a row until one that was down is up
  std::uint32_t fall = 3;             // failures in a row until one that was up is down
  ExpectationSpec expect{.statuses = {{200, 299}}, .headers = {}, .body_matches = {}, .json = {}};
  std::optional<DegradedSpec> degraded;
  friend bool operator==(const HealthSpec&, const HealthSpec&) = default;
};

// Takes endpoints out that fail the traffic itself.
struct OutlierSpec {
  std::uint32_t consecutive_failures = 5;  // 0: does not matter
  bool server_errors = true;               // 5xx responses count as failures
  std::uint32_t min_requests = 100;  // in `interval`, of an endpoint to be compared; 0: none is
  milliseconds interval{10'000};
  milliseconds base_ejection{10'000};  // doubled with each ejection that soon follows another
  milliseconds max_ejection{300'000};
  double max_ejected = 0.5;  // of the upstream's endpoints; the last one stays unless this is 1
  friend bool operator==(const OutlierSpec&, const OutlierSpec&) = default;
};

// Of each endpoint; 0: none. Workers share them out: each gets its part, and at least one.
struct LimitsSpec {
  std::uint32_t max_connections = 0;
  std::uint32_t max_requests = 0;   // in flight
  std::uint32_t max_pending = 256;  // requests that wait for one of the above
  milliseconds pending_timeout{1'000};
  // Of the upstream: how many times its share of new sessions it gets at most when others are down.
  std::uint32_t max_share_factor = 20;
  friend bool operator==(const LimitsSpec&, const LimitsSpec&) = default;
};

// ---- upstreams -------------------------------------------------------------------------------

enum class Balance : std::uint8_t { round_robin, least_request, consistent_hash };

// Where the key of a keyed decision comes from (consistent_hash, sticky).
enum class KeySource : std::uint8_t { cookie, header, client_ip, path };

struct KeySpec {
  KeySource source = KeySource::client_ip;
  std::string name;  // of the cookie or header; empty otherwise
  friend bool operator==(const KeySpec&, const KeySpec&) = default;
};

struct EndpointSpec {
  std::string address;  // "10.0.0.1:80", "[::1]:80", "app.internal:80" or "unix:/run/app.sock"
  std::uint32_t weight = 1;
  friend bool operator==(const EndpointSpec&, const EndpointSpec&) = default;
};

enum class SendProxy : std::uint8_t { off, v1, v2 };

struct PoolSpec {
  std::uint32_t max_idle_per_endpoint = 256;  // per worker
  milliseconds idle_timeout{60'000};
  friend bool operator==(const PoolSpec&, const PoolSpec&) = default;
};

struct UpstreamSpec {
  std::string name;
  std::vector<EndpointSpec> endpoints;
  Balance balance = Balance::round_robin;
  KeySpec hash_key;  // for consistent_hash
  milliseconds connect_timeout{1'000};
  milliseconds response_timeout{30'000};  // until the response head, and between its body's bytes
  PoolSpec pool;
  std::optional<ClientTlsSpec> tls;       // absent: plain
  SendProxy send_proxy = SendProxy::off;  // each connection begins with who the client is
  std::optional<HealthSpec> health;       // absent: not checked, taken to be healthy
  std::optional<OutlierSpec> outlier;     // absent: none is ejected
  std::optional<LimitsSpec> limits;
  milliseconds slow_start{0};  // until one that came back has its full weight
  double panic_threshold = 0;  // with less than this share of its endpoints healthy, all are used
  friend bool operator==(const UpstreamSpec&, const UpstreamSpec&) = default;
};

// ---- routes ----------------------------------------------------------------------------------

struct MatchSpec {
  std::vector<std::string> hosts;    // "shop.example" or "*.shop.example"; empty: any
  std::optional<StringMatch> path;   // prefix (by whole segments), exact or regex (whole path)
  std::vector<std::string> methods;  // empty: any
  std::vector<HeaderMatchSpec> headers;
  friend bool operator==(const MatchSpec&, const MatchSpec&) = default;
};

enum class OverrideSource : std::uint8_t { header, cookie };

struct OverrideSpec {
  OverrideSource source = OverrideSource::header;
  std::string name;
  StringMatch match;
  std::string upstream;
  friend bool operator==(const OverrideSpec&, const OverrideSpec&) = default;
};

enum class SameSite : std::uint8_t { lax, strict, none };
enum class CookieSecure : std::uint8_t {
  automatic,
  always,
  never
};  // automatic: when the client speaks TLS
enum class OnRevert : std::uint8_t { move, keep };

struct CookieSpec {
  std::string path = "/";
  std::string domain;  // empty: host-only cookie
  CookieSecure secure = CookieSecure::automatic;
  bool http_only = true;
  SameSite same_site = SameSite::lax;
  bool session = false;  // true: no Max-Age, the cookie ends with the browser; the TTL still holds
  friend bool operator==(const CookieSpec&, const CookieSpec&) = default;
};

struct StickySpec {
  KeySpec key{KeySource::cookie, "sluice"};  // cookie, header or client_ip
  milliseconds ttl{3'600'000};
  bool endpoint = false;  // pin the endpoint too
  OnRevert on_revert = OnRevert::move;
  CookieSpec cookie;
  friend bool operator==(const StickySpec&, const StickySpec&) = default;
};

struct WeightSpec {
  std::string upstream;
  std::uint32_t weight = 0;  // relative to the sum; 0: no new sessions
  friend bool operator==(const WeightSpec&, const WeightSpec&) = default;
};

// Null: it is not in the split.
constexpr const WeightSpec* find_weight(std::span<const WeightSpec> split,
                                        std::string_view upstream) noexcept {
  for (const WeightSpec& one : split)
    if (one.upstream == upstream) return &one;
  return nullptr;
}

enum class WhenUnavailable : std::uint8_t { redistribute, fail, fallback };

struct HeaderEditsSpec {
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::pair<std::string, std::string>> add;
  std::vector<std::string> remove;
  friend bool operator==(const HeaderEditsSpec&, const HeaderEditsSpec&) = default;
};

struct RewriteSpec {
  std::optional<std::string> path_prefix;  // replaces the prefix that `match.path.prefix` matched
  std::optional<std::string> host;
  HeaderEditsSpec request_headers;
  HeaderEditsSpec response_headers;
  friend bool operator==(const RewriteSpec&, const RewriteSpec&) = default;
};

enum class RetryCondition : std::uint8_t {
  connect_failure,
  reset,    // the connection ended before a byte of the response
  timeout,  // the response did not begin in time
  status    // the response has one of these
};

struct RetryOn {
  RetryCondition condition = RetryCondition::connect_failure;
  StatusRange statuses;  // with RetryCondition::status
  friend bool operator==(const RetryOn&, const RetryOn&) = default;
};

// When a request may be sent again, and how often. What may have reached an upstream is never sent
// again unless its method is idempotent (RFC 9110 section 9.2.2).
struct RetrySpec {
  static constexpr std::uint32_t kAttemptsMax = 5;
  std::uint32_t attempts = 2;  // after the first
  std::vector<RetryOn> on{{RetryCondition::connect_failure, {}}, {RetryCondition::reset, {}}};
  double budget = 0.2;         // requests sent again, as a share of all requests of the upstream
  std::string other_upstream;  // takes the second attempt; empty: another endpoint of the same one
  friend bool operator==(const RetrySpec&, const RetrySpec&) = default;
};

// ---- guard -----------------------------------------------------------------------------------

enum class OnBreach : std::uint8_t { revert, pause, alert };
enum class OnCommonCause : std::uint8_t { pause, revert };

// Rates of failed requests. Ratios are of the upstream's rate to its baseline's.
struct ErrorGuardSpec {
  double max_ratio = 1.5;
  double floor = 0.001;  // a rate not worth a reversion; 0: every one is
  double max = 0.05;     // a rate that always is; 0: none
  friend bool operator==(const ErrorGuardSpec&, const ErrorGuardSpec&) = default;
};

// Slow: longer until the response begins than the baseline's quantile, times max_ratio and at least
// min_difference more than it.
struct LatencyGuardSpec {
  double quantile = 0.9;
  double max_ratio = 1.25;
  milliseconds min_difference{5};
  milliseconds max{0};  // a duration that only 1 - quantile of the requests may exceed; 0: none
  friend bool operator==(const LatencyGuardSpec&, const LatencyGuardSpec&) = default;
};

// Longer than any request, short enough to be counted in nanoseconds.
inline constexpr std::chrono::microseconds kUnlimited = std::chrono::hours(24 * 365);

// When an upstream of the split loses its weight by itself.
struct GuardSpec {
  static constexpr std::size_t kLatenciesMax = 3;
  std::string baseline;  // upstream of the split that the others are compared with
  double false_revert_probability = 0.01;
  ErrorGuardSpec errors;
  std::vector<LatencyGuardSpec> latency{{.quantile = 0.9}, {.quantile = 0.99}};
  OnBreach on_breach = OnBreach::revert;
  OnCommonCause on_common_cause = OnCommonCause::pause;
  milliseconds settle{30'000};  // weights that stood so long without a breach are known to be good
  friend bool operator==(const GuardSpec&, const GuardSpec&) = default;
};

struct RateLimitSpec {
  std::uint32_t requests = 0;  // in `per`, of one client
  milliseconds per{1'000};
  std::uint32_t burst = 0;  // at once; 0: as `requests`
  std::string header;       // lower-case: whose value tells clients apart; empty: the address does
  friend bool operator==(const RateLimitSpec&, const RateLimitSpec&) = default;
};

// Who may come, and how often. `deny` beats `allow`; an empty `allow` lets everybody in.
struct AccessSpec {
  std::vector<std::string> allow;  // blocks of addresses
  std::vector<std::string> deny;
  std::optional<RateLimitSpec> rate_limit;
  friend bool operator==(const AccessSpec&, const AccessSpec&) = default;
};

// ---- routes that answer by themselves --------------------------------------------------------

// What may stand in braces in the target of a redirection.
enum class RedirectPart : std::uint8_t { scheme, host, hostport, path, query, uri };
inline constexpr std::array<std::string_view, 6> kRedirectParts{"scheme", "host",  "hostport",
                                                                "path",   "query", "uri"};

struct RedirectSpec {
  std::string to;  // "https://new.example{uri}"; begins with a scheme or a path
  std::uint32_t status = 302;
  friend bool operator==(const RedirectSpec&, const RedirectSpec&) = default;
};

struct RespondSpec {
  std::uint32_t status = 200;
  std::string body = {};
  std::string content_type = "text/plain; charset=utf-8";
  friend bool operator==(const RespondSpec&, const RespondSpec&) = default;
};

struct RouteSpec {
  std::string name;
  MatchSpec match;
  AccessSpec access;
  std::vector<OverrideSpec> overrides;
  std::optional<StickySpec> sticky;
  std::vector<WeightSpec> split;  // in the order of the file
  // At most one of the two; then there is no split, and no upstream is asked.
  std::optional<RedirectSpec> redirect = {};
  std::optional<RespondSpec> respond = {};
  WhenUnavailable when_unavailable = WhenUnavailable::redistribute;
  std::string fallback;  // upstream, for WhenUnavailable::fallback
  RetrySpec retry;
  milliseconds request_timeout{0};         // whole request until the response has ended; 0: none
  milliseconds tunnel_timeout{3'600'000};  // after 101, without a byte either way; as HAProxy's
  RewriteSpec rewrite;
  std::optional<GuardSpec> guard;  // absent: weights are changed by people alone

  bool answers_itself() const noexcept { return redirect || respond; }
  friend bool operator==(const RouteSpec&, const RouteSpec&) = default;
};

struct RoutingSpec {
  std::vector<UpstreamSpec> upstreams;
  std::vector<RouteSpec> routes;  // first match wins
  friend bool operator==(const RoutingSpec&, const RoutingSpec&) = default;
};

}  // namespace sluice::routing
