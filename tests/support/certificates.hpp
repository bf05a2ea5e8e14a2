#pragma once
// A certificate authority for tests, by the openssl program.
#include <string>

#include "tests/support/process.hpp"

namespace sluice::test {

class Authority {
 public:
  explicit Authority(const TempFolder& folder, const std::string& name = "ca");

  std::string pem() const { return path(name_ + ".pem"); }

  enum class Key : std::uint8_t { ec, rsa };
  // Writes NAME.pem and NAME.key into the folder. `names`: "a.example,*.b.example,127.0.0.1".
  // `days` below 0: it has expired.
  void issue(const std::string& name, const std::string& names, Key key = Key::ec,
             int days = 30) const;
  std::string path(const std::string& file) const { return (folder_ / file).string(); }
  // `{ cert: ..., key: ... }` of the configuration.
  std::string pair(const std::string& name) const;

 private:
  const TempFolder& folder_;
  std::string name_;
};

}  // namespace sluice::test
