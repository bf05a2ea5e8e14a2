#include "admin/tokens.hpp"

#include <algorithm>

namespace sluice::admin {
namespace {

constexpr std::size_t kTokenBytes = 32;
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::optional<Sha256Digest> parse_digest(std::string_view hex) {
  Sha256Digest digest{};
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const auto value = kHexDigits.find(hex[i]);
    if (value == std::string_view::npos) return std::nullopt;
    digest[i / 2] = static_cast<std::uint8_t>(digest[i / 2] << 4U | value);
  }
  return digest;
}

bool is_name(std::string_view text) {
  constexpr std::string_view kNameCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-@";
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of(kNameCharacters) == std::string_view::npos;
}

// Errors: a sentence.
Result<std::pair<Identity, Sha256Digest>, std::string> parse_line(std::string_view line) {
  const auto first = line.find(':');
  const auto second = line.find(':', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return Failure{std::string("write name:role:sha256-hex")};
  const std::string_view name = line.substr(0, first);
  const std::string_view role_text = line.substr(first + 1, second - first - 1);
  if (!is_name(name)) return Failure{std::string("a name has letters, digits, _ . - and @")};
  const auto role = parse_role(role_text);
  if (!role)
    return Failure{"unknown role '" + std::string(role_text) + "': viewer, operator or admin"};
  const auto digest = parse_digest(line.substr(second + 1));
  if (!digest) return Failure{std::string("the digest is not 64 lower-case hex digits")};
  return std::pair{Identity{std::string(name), *role}, *digest};
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::optional<Role> parse_role(std::string_view text) {
  const auto found = std::find(kRoleLabels.begin() + 1, kRoleLabels.end(), text);
  if (found == kRoleLabels.end()) return std::nullopt;
  return static_cast<Role>(found - kRoleLabels.begin());
}

Tokens Tokens::parse(std::string_view text, std::vector<std::string>& errors) {
  Tokens tokens;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = trimmed(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    if (line.empty() || line.front() == '#') continue;
    auto entry = parse_line(line);
    if (!entry)
      errors.push_back("line " + std::to_string(number) + ": " + entry.error());
    else
      tokens.add(std::move(entry->first), entry->second);
  }
  return tokens;
}

void Tokens::add(Identity identity, const Sha256Digest& digest) {
  entries_.push_back({std::move(identity), digest});
}

std::optional<Identity> Tokens::find(std::string_view token) const {
  const Sha256Digest digest = digest_of(token);
  const Entry* found = nullptr;
  for (const Entry& entry : entries_)
    if (equal_constant_time(entry.digest, digest)) found = &entry;
  if (found == nullptr) return std::nullopt;
  return found->identity;
}

std::string new_token() {
  std::array<std::uint8_t, kTokenBytes> bytes{};
  random_bytes(bytes);
  std::string token(base64url_size(bytes.size()), '\0');
  encode_base64url(bytes, token);
  return token;
}

Sha256Digest digest_of(std::string_view token) {
  Sha256Digest digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

std::string token_line(const Identity& identity, std::string_view token) {
  std::string line = identity.name + ':' + std::string(label(identity.role)) + ':';
  for (const std::uint8_t byte : digest_of(token)) {
    line += kHexDigits[byte >> 4U];
    line += kHexDigits[byte & 15U];
  }
  return line;
}

}  // namespace sluice::admin
