#include "routing/redirect.hpp"

#include <algorithm>

namespace sluice::routing {
namespace {

std::string_view without_port(std::string_view authority) noexcept {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

std::string_view part_of(RedirectPart part, const RedirectFacts& facts) noexcept {
  const std::string_view uri = facts.target == "*" ? "/" : facts.target;
  const std::size_t query = uri.find('?');
  switch (part) {
    case RedirectPart::scheme:
      return facts.scheme;
    case RedirectPart::host:
      return without_port(facts.authority);
    case RedirectPart::hostport:
      return facts.authority;
    case RedirectPart::path:
      return uri.substr(0, query);
    case RedirectPart::query:
      return query == std::string_view::npos ? std::string_view{} : uri.substr(query + 1);
    case RedirectPart::uri:
      return uri;
  }
  return {};
}

bool is_part(const TextPiece& piece, RedirectPart part) noexcept {
  return piece.name == static_cast<std::size_t>(part);
}

// Browsers take '\' for '/'.
void keep_to_this_host(std::string& location) {
  const std::size_t end = std::min(location.find_first_not_of("/\\"), location.size());
  location.replace(0, end, "/");
}

}  // namespace

Result<RedirectTarget, std::string> RedirectTarget::make(const std::string& to) {
  auto pieces = parse_placeholders(to, kRedirectParts);
  if (!pieces) return Failure{std::move(pieces).error()};
  RedirectTarget target;
  target.pieces_ = std::move(pieces).value();
  target.names_host_ =
      to.starts_with("http://") || to.starts_with("https://") || to.starts_with("{scheme}://");
  target.needs_host_ = std::ranges::any_of(target.pieces_, [](const TextPiece& piece) {
    return is_part(piece, RedirectPart::host) || is_part(piece, RedirectPart::hostport);
  });
  return target;
}

std::string RedirectTarget::write(const RedirectFacts& facts) const {
  std::string out;
  if (needs_host_ && facts.authority.empty()) return out;
  for (const TextPiece& piece : pieces_) {
    if (piece.name == TextPiece::kPlain)
      out.append(piece.text);
    else
      out.append(part_of(static_cast<RedirectPart>(piece.name), facts));
  }
  if (!names_host_) keep_to_this_host(out);
  return out;
}

}  // namespace sluice::routing
