#pragma once
// A request to the admin listener and its answer, as handlers see them.
#include <functional>
#include <string>
#include <string_view>

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace sluice::admin {

namespace http = boost::beast::http;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

// Thread: the admin server's. Must not block for long: it serves one request at a time.
using Handler = std::function<Response(const Request&)>;

Response make_response(http::status status, std::string_view content_type, std::string body);

// An answer that is an error, as RFC 9457 application/problem+json. `kind` is a stable word for
// programs, `detail` a sentence for people.
Response make_problem(http::status status, std::string_view kind, std::string_view detail);

}  // namespace sluice::admin
