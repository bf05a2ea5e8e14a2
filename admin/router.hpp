#pragma once
// Which handler answers: an exact path and a method.
//
// Thread: add() before the server starts; answer() on the server's.
#include <map>
#include <string>

#include <boost/beast/http/verb.hpp>

#include "admin/exchange.hpp"

namespace sluice::admin {

class Router {
 public:
  void add(http::verb method, std::string path, Handler handler);

  // HEAD is answered as GET (the server leaves the body out). Errors: 404 for an unknown path, 405
  // with Allow for a known one, 500 when a handler throws; all as problem+json.
  Response answer(const Request& request) const;

 private:
  std::map<std::string, std::map<http::verb, Handler>, std::less<>> resources_;
};

}  // namespace sluice::admin
