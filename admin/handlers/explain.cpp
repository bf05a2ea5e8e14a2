#include "admin/handlers/explain.hpp"

#include <algorithm>
#include <chrono>

#include "admin/json_body.hpp"
#include "admin/views.hpp"
#include "base/random.hpp"
#include "routing/decide.hpp"
#include "routing/path.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;

// What was asked about. Views of it stand in the facts.
struct Question {
  std::string method;
  std::string host;  // lower-case, no port
  std::string path;
  bool secure = false;
  std::string client_ip;
  std::vector<std::pair<std::string, std::string>> headers;
};

// "http://shop.example:80/cart?a=b" or "/cart". Errors: a sentence.
std::optional<std::string> split_url(std::string_view url, Question& question) {
  question.secure = url.starts_with("https://");
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    url.remove_prefix(authority.size());
    const auto colon = authority.rfind(':');
    const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
    question.host = routing::lower_case(has_port ? authority.substr(0, colon) : authority);
  }
  const std::string_view raw = url.substr(0, url.find_first_of("?#"));
  std::string buffer;
  const auto normal = routing::normalise_path(raw.empty() ? "/" : raw, buffer);
  if (!normal) return std::string(routing::describe(normal.error()));
  question.path = *normal;
  return std::nullopt;
}

json::object available_of(const routing::Snapshot& snapshot, const routing::Route& route) {
  json::object out;
  for (const routing::Arm& arm : route.arms) {
    const routing::Upstream& upstream = snapshot.upstreams[arm.upstream_index];
    out[upstream.name] = upstream.available.size();
  }
  return out;
}

json::object explain(const control::View& view, const Question& question) {
  std::vector<routing::Field> fields;
  for (const auto& [name, value] : question.headers) fields.push_back({name, value});
  const routing::RequestFacts facts{.method = question.method,
                                    .host = question.host,
                                    .path = question.path,
                                    .fields = fields,
                                    .client_ip = question.client_ip,
                                    .secure = question.secure};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  routing::WorkerDraw draw(static_cast<std::uint64_t>(now.count()));
  draw.adopt(*view.snapshot);
  const routing::Decision decision = routing::decide(
      *view.snapshot, draw, facts,
      static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(now).count()));
  json::object out{{"generation", view.snapshot->generation}};
  if (decision.route != nullptr) {
    out["route"] = decision.route->name;
    out["weights"] = describe(view.state.weights.at(decision.route->name).weights);
    out["available"] = available_of(*view.snapshot, *decision.route);
  }
  if (decision.failure != routing::DecisionFailure::none) {
    out["failure"] = routing::label(decision.failure);
    return out;
  }
  if (decision.route->spec.answers_itself()) {
    out["answer"] = decision.route->spec.redirect ? "redirect" : "respond";
    return out;
  }
  out["upstream"] = decision.upstream->name;
  out["endpoint"] = decision.endpoint->address;
  out["reason"] = routing::label(decision.reason);
  return out;
}

}  // namespace

Handler make_explain(ControlRoom room) {
  return answered([room = std::move(room)](const Call& call) {
    auto body = JsonBody::read(call.request);
    if (!body) return body.error();
    Question question;
    question.method = body->text("method", 32);
    if (question.method.empty()) question.method = "GET";
    const std::string url = body->needed_text("url", 8 * 1024);
    question.client_ip = body->text("client_ip", 64);
    question.headers = body->texts("headers", 8 * 1024);
    if (auto refusal = body->refusal()) return *std::move(refusal);
    if (const auto wrong = split_url(url, question))
      return make_problem(http::status::unprocessable_entity, "invalid", "the body makes no sense",
                          {{"/url", *wrong}});
    return make_json(explain(*room.view(), question));
  });
}

}  // namespace sluice::admin
