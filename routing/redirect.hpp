#pragma once
// Where a redirection sends: the compiled form of RedirectSpec::to.
//
// Thread:    immutable, shared by all workers.   Path: warm; allocates the text it makes.
// Invariant: a target that names no host leads to the host that was asked, whatever the request's
//            path looks like ("//evil.example" would be another one).
#include <string>
#include <string_view>
#include <vector>

#include "base/placeholders.hpp"
#include "routing/spec.hpp"

namespace sluice::routing {

// Of the request. Views, used during the call.
struct RedirectFacts {
  std::string_view scheme;     // "http" or "https"
  std::string_view authority;  // as in Host; may be empty in HTTP/1.0
  std::string_view target;     // path and query as received, or "*"
};

class RedirectTarget {
 public:
  // Errors: a sentence.
  static Result<RedirectTarget, std::string> make(const std::string& to);

  // The value of Location. Empty: it needs a host, and the request names none.
  std::string write(const RedirectFacts& facts) const;

 private:
  std::vector<TextPiece> pieces_;
  bool names_host_ = false;  // begins with a scheme
  bool needs_host_ = false;  // has one of the request in it
};

}  // namespace sluice::routing
