#pragma once
// Decides, before a body is read any further than the wire has brought it and before it is known
// whether the path exists, whether a request may go on.
//
// Thread: the admin server's. Path: cold.
// Source: Caddy CVE-2026-27589 (any web page could post to a local admin listener), DNS rebinding.
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "admin/exchange.hpp"
#include "admin/failed_logins.hpp"
#include "admin/tokens.hpp"

namespace sluice::admin {

// The tokens of a file, read anew whenever the file is another one. Wrong lines count for nobody,
// and a file that is not there or cannot be read is one without tokens: who is taken out is out.
class TokenFile {
 public:
  using Log = std::function<void(const std::string&)>;
  TokenFile(std::string path, Log log) : path_(std::move(path)), log_(std::move(log)) {}

  // Errors: sentences; the file as it is now is of no use.
  std::optional<std::string> read();
  const Tokens& tokens();  // of now

 private:
  struct Stamp {
    std::int64_t inode = 0, size = 0, seconds = 0, nanoseconds = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  Stamp stamp() const;

  std::string path_;
  Log log_;
  Stamp read_;
  Tokens tokens_;
};

struct Visit {
  const Request& request;
  std::string source;  // whose wrong tokens are counted together: an IP address, "unix"
  bool by_tcp = true;  // then the Host must be a literal address or localhost
  FailedLogins::Time now;
};

class Doorkeeper {
 public:
  // With a file every visitor but for public resources needs a token of it.
  explicit Doorkeeper(TokenFile file) : file_(std::move(file)) {}
  // Without one reading is open, and `tokens` (the one of this run) are for the rest.
  explicit Doorkeeper(Tokens tokens) : tokens_(std::move(tokens)) {}

  // Who it is, or the answer that turns it away. `needed`: the role of what was asked for; of a
  // path that does not exist, `viewer`.
  std::variant<Identity, Response> admit(const Visit& visit, Role needed);
  // Whose token it is, whatever it is good for.
  std::optional<Identity> recognise(const Request& request);
  // Whether who was admitted with this would be now: tokens are revoked while answers go on.
  bool still_admits(const Request& request, Role needed);

 private:
  std::optional<Identity> find(std::string_view authorization);
  std::variant<Identity, Response> identify(const Visit& visit, Role needed);
  Response refuse_token(const Visit& visit);

  std::optional<TokenFile> file_;
  Tokens tokens_;
  FailedLogins failed_;
};

}  // namespace sluice::admin
