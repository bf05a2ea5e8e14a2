#pragma once
// Who may do what: bearer tokens, of which only digests are kept.
//
// Thread: any; immutable. Path: cold. Source: NIST SP 800-63B section 5.1.1.2 does not ask for a
// slow
//         hash of random secrets of 128 bits and more; ours have 256.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.hpp"
#include "base/result.hpp"

namespace sluice::admin {

// Each may do what those before it may.
enum class Role : std::uint8_t { none, viewer, operates, admin };
// As in the tokens file; `none` is nobody's.
inline constexpr std::array<std::string_view, 4> kRoleLabels{"none", "viewer", "operator", "admin"};
inline std::string_view label(Role role) {
  return kRoleLabels[static_cast<std::size_t>(role)];
}
std::optional<Role> parse_role(std::string_view text);

struct Identity {
  std::string name;
  Role role = Role::none;
  friend bool operator==(const Identity&, const Identity&) = default;
};

class Tokens {
 public:
  // Lines `name:role:sha256-hex`; blank ones and those that begin with # are skipped. `errors` gets
  // a sentence for each wrong line ("line 3: unknown role 'root'"), which counts for nobody; a
  // token is never in one.
  static Tokens parse(std::string_view text, std::vector<std::string>& errors);

  void add(Identity identity, const Sha256Digest& digest);
  // Compares with all of them, in a time that tells nothing.
  std::optional<Identity> find(std::string_view token) const;
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    Identity identity;
    Sha256Digest digest;
  };
  std::vector<Entry> entries_;
};

// 256 random bits as text.
std::string new_token();
Sha256Digest digest_of(std::string_view token);
// The line of the tokens file.
std::string token_line(const Identity& identity, std::string_view token);

}  // namespace sluice::admin
