#pragma once
// A request to the admin listener and its answer, as handlers see them.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/result.hpp"
#include "control/audit.hpp"
#include "control/change.hpp"

namespace sluice::admin {

namespace http = boost::beast::http;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

// A request that was let in.
struct Call {
  const Request& request;                                       // until the handler returns
  std::vector<std::pair<std::string, std::string>> parameters;  // of the path, decoded
  control::Actor actor;
  // In the place of a reply: an answer that turns a write away, and a line of the audit. (What
  // control refuses, control writes down.)
  std::function<void(Response)> refuse = {};

  const std::string& parameter(std::string_view name) const;  // which the path has
  // Of the query; nullopt: not there. Of several the first.
  std::optional<std::string> query(std::string_view name) const;
};

// To be called once, on any thread; the session lives until then.
using Reply = std::function<void(Response)>;

// Thread: the admin server's. Must not block for long: it serves one request at a time.
using Handler = std::function<void(const Call&, Reply)>;
// One that has its answer at once.
Handler answered(std::function<Response(const Call&)> answer);

// In the place of a reply: what has come up since the last call, to be sent now; empty: nothing.
// Thread: the admin server's.
using Feed = std::function<std::string()>;
// Errors: the answer that says why not.
using FeedMaker = std::function<Result<Feed, Response>(const Call&)>;

Response make_response(http::status status, std::string_view content_type, std::string body);

// An answer that is an error, as RFC 9457 application/problem+json. `kind` is a stable word for
// programs, `detail` a sentence for people.
Response make_problem(http::status status, std::string_view kind, std::string_view detail,
                      const std::vector<control::Fault>& faults = {});

// "a%20b" -> "a b"; nullopt: no such encoding. Source: RFC 3986 section 2.1.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace sluice::admin
