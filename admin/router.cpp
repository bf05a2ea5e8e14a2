#include "admin/router.hpp"

#include <exception>

namespace sluice::admin {
namespace {

std::string allowed(const std::map<http::verb, Handler>& methods) {
  std::string list;
  const auto name = [&list](http::verb method) {
    if (!list.empty()) list += ", ";
    list += http::to_string(method);
  };
  for (const auto& [method, handler] : methods) {
    name(method);
    if (method == http::verb::get) name(http::verb::head);
  }
  return list;
}

}  // namespace

void Router::add(http::verb method, std::string path, Handler handler) {
  resources_[std::move(path)][method] = std::move(handler);
}

Response Router::answer(const Request& request) const {
  const std::string_view target = request.target();
  const std::string path(target.substr(0, target.find('?')));
  const auto resource = resources_.find(path);
  if (resource == resources_.end())
    return make_problem(http::status::not_found, "not_found", "nothing here: " + path);
  const bool head = request.method() == http::verb::head;
  const auto found = resource->second.find(head ? http::verb::get : request.method());
  if (found == resource->second.end()) {
    const std::string allow = allowed(resource->second);
    Response response =
        make_problem(http::status::method_not_allowed, "method_not_allowed", "use " + allow);
    response.set(http::field::allow, allow);
    return response;
  }
  try {
    return found->second(request);
  } catch (const std::exception& error) {
    return make_problem(http::status::internal_server_error, "internal", error.what());
  }
}

}  // namespace sluice::admin
