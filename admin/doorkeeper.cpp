#include "admin/doorkeeper.hpp"

#include <algorithm>

#include <sys/stat.h>

#include "admin/host_policy.hpp"
#include "config/load.hpp"

namespace sluice::admin {
namespace {

std::optional<std::string> only_field(const Request& request, std::string_view name) {
  const auto [first, last] = request.equal_range(name);
  if (first == last) return std::nullopt;
  if (std::next(first) != last) return std::string();  // twice: matches nothing
  return std::string(first->value());
}

// "Bearer TOKEN": the scheme without regard to case (RFC 9110 section 11.1).
std::optional<std::string_view> bearer_token(std::string_view value) {
  constexpr std::string_view kScheme = "bearer ";
  if (value.size() <= kScheme.size()) return std::nullopt;
  for (std::size_t i = 0; i < kScheme.size(); ++i)
    if ((value[i] | (kScheme[i] == ' ' ? 0 : 0x20)) != kScheme[i]) return std::nullopt;
  value.remove_prefix(kScheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value;
}

// A browser says where a request comes from; other programs say nothing.
bool comes_from_elsewhere(const Request& request) {
  const std::string host(request[http::field::host]);
  const auto origin = only_field(request, "Origin");
  if (origin && *origin != "http://" + host && *origin != "https://" + host) return true;
  const auto site = only_field(request, "Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none") return true;
  return only_field(request, "Sec-Fetch-Mode") == "no-cors";
}

// Our own data plane says so on all that it forwards: an upstream may be configured, or resolve, to
// the admin listener.
bool comes_through_the_data_port(const Request& request) {
  const auto [first, last] = request.equal_range(http::field::via);
  return std::any_of(first, last, [](const auto& field) {
    return std::string_view(field.value()).find(" sluice") != std::string_view::npos;
  });
}

Response unauthorized(std::string_view detail) {
  Response response = make_problem(http::status::unauthorized, "unauthorized", detail);
  response.set(http::field::www_authenticate, "Bearer realm=\"sluice\"");
  return response;
}

}  // namespace

// ---- TokenFile -----------------------------------------------------------------------------

TokenFile::Stamp TokenFile::stamp() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return {};
  return {static_cast<std::int64_t>(status.st_ino), status.st_size, status.st_mtim.tv_sec,
          status.st_mtim.tv_nsec};
}

std::optional<std::string> TokenFile::read() {
  read_ = stamp();
  tokens_ = Tokens();
  const auto text = config::read_regular_file(path_);
  if (!text) return "tokens file " + path_ + ": " + text.error();
  std::vector<std::string> errors;
  tokens_ = Tokens::parse(*text, errors);
  if (errors.empty()) return std::nullopt;
  std::string all;
  for (const std::string& error : errors) all += (all.empty() ? "" : "; ") + error;
  return "tokens file " + path_ + ": " + all;
}

const Tokens& TokenFile::tokens() {
  if (stamp() == read_) return tokens_;
  const auto failure = read();
  log_(failure ? *failure : "tokens read anew");
  return tokens_;
}

// ---- Doorkeeper ----------------------------------------------------------------------------

std::variant<Identity, Response> Doorkeeper::admit(const Visit& visit, Role needed) {
  const Request& request = visit.request;
  if (request.count(http::field::host) != 1)
    return make_problem(http::status::bad_request, "bad_request", "one Host header is needed");
  if (visit.by_tcp && !may_name_us(request[http::field::host]))
    return make_problem(http::status::misdirected_request, "misdirected",
                        "the Host must be an IP address or localhost");
  if (comes_through_the_data_port(request))
    return make_problem(http::status::forbidden, "forbidden", "not through the data port");
  if (comes_from_elsewhere(request))
    return make_problem(http::status::forbidden, "forbidden",
                        "a page of another origin may not do this");
  return identify(visit, needed);
}

std::optional<Identity> Doorkeeper::recognise(const Request& request) {
  const auto authorization = only_field(request, "Authorization");
  return authorization ? find(*authorization) : std::nullopt;
}

bool Doorkeeper::still_admits(const Request& request, Role needed) {
  if (request.count(http::field::authorization) == 0)
    return needed == Role::none || (needed == Role::viewer && !file_);
  const auto identity = recognise(request);
  return identity && identity->role >= needed;
}

std::optional<Identity> Doorkeeper::find(std::string_view authorization) {
  const auto token = bearer_token(authorization);
  const Tokens& known = file_ ? file_->tokens() : tokens_;
  return token ? known.find(*token) : std::nullopt;
}

std::variant<Identity, Response> Doorkeeper::identify(const Visit& visit, Role needed) {
  const auto authorization = only_field(visit.request, "Authorization");
  if (!authorization) {
    if (needed == Role::none || (needed == Role::viewer && !file_)) return Identity{"-", needed};
    return unauthorized("a token is needed: Authorization: Bearer TOKEN");
  }
  auto identity = find(*authorization);
  if (!identity) return refuse_token(visit);
  if (identity->role < needed)
    return make_problem(http::status::forbidden, "forbidden",
                        "'" + identity->name + "' is a " + std::string(label(identity->role)) +
                            "; this needs the role " + std::string(label(needed)));
  return *std::move(identity);
}

Response Doorkeeper::refuse_token(const Visit& visit) {
  const auto wait = failed_.count(visit.source, visit.now);
  if (wait.count() == 0) return unauthorized("no such token");
  Response response =
      make_problem(http::status::too_many_requests, "too_many_requests", "too many wrong tokens");
  response.set(http::field::retry_after, std::to_string(wait.count()));
  return response;
}

}  // namespace sluice::admin
