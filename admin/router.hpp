#pragma once
// Which handler answers: a path, whose parts may be parameters, and a method.
//
// Thread: add() before the server starts; find() on the server's.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/verb.hpp>

#include "admin/exchange.hpp"
#include "admin/tokens.hpp"

namespace sluice::admin {

// What the OpenAPI document says of it, but for what follows from the rest.
struct Doc {
  std::string summary = {};
  std::vector<unsigned> statuses = {};            // that its handler may answer, 200 apart
  std::string body = {};                          // JSON Schema; empty: it takes none
  std::string content_type = "application/json";  // of a body
  std::string answer_type = "application/json";
};

struct Resource {
  http::verb method = http::verb::get;
  std::string path;  // "/api/v1/routes/{route}/weights"
  Role role = Role::viewer;
  Handler handler;
  Doc doc = {};
  FeedMaker feed = {};  // instead of the handler: the answer goes on for as long as it is read
};

class Router {
 public:
  void add(Resource resource) { resources_.push_back(std::move(resource)); }

  struct Found {
    const Resource* resource = nullptr;
    std::vector<std::pair<std::string, std::string>> parameters;
    std::string allow;  // the methods of the path when the resource is null; empty: no such path
  };
  // HEAD is found as GET (the server leaves the body out).
  Found find(http::verb method, std::string_view target) const;
  const std::vector<Resource>& resources() const noexcept { return resources_; }

 private:
  std::vector<Resource> resources_;
};

// 404, or 405 with Allow.
Response answer_not_found(const Router::Found& found, std::string_view target);

}  // namespace sluice::admin
