#include "proxy/message.hpp"

#include <cstring>

#include "base/ascii.hpp"

namespace sluice::proxy {
namespace {

struct NamedField {
  std::string_view name;
  FieldId id;
};

constexpr std::array kManagedFields{
    NamedField{"host", FieldId::host},
    NamedField{"content-length", FieldId::content_length},
    NamedField{"transfer-encoding", FieldId::transfer_encoding},
    NamedField{"connection", FieldId::connection},
    NamedField{"keep-alive", FieldId::keep_alive},
    NamedField{"proxy-connection", FieldId::proxy_connection},
    NamedField{"upgrade", FieldId::upgrade},
    NamedField{"te", FieldId::te},
    NamedField{"trailer", FieldId::trailer},
    NamedField{"expect", FieldId::expect},
    NamedField{"http2-settings", FieldId::http2_settings},
    NamedField{"forwarded", FieldId::forwarded},
    NamedField{"x-forwarded-for", FieldId::x_forwarded_for},
    NamedField{"x-forwarded-proto", FieldId::x_forwarded_proto},
    NamedField{"x-forwarded-host", FieldId::x_forwarded_host},
    NamedField{"x-forwarded-client-cert", FieldId::x_forwarded_client_cert},
    NamedField{"x-real-ip", FieldId::x_forwarded_other},
    NamedField{"x-request-id", FieldId::x_request_id},
    NamedField{"traceparent", FieldId::traceparent},
    NamedField{"tracestate", FieldId::tracestate},
    NamedField{"via", FieldId::via},
    NamedField{"authorization", FieldId::authorization},
    NamedField{"user-agent", FieldId::user_agent},
};

constexpr std::size_t kLongestManaged = 23;
constexpr std::string_view kForwardedPrefix = "x-forwarded-";

// No two managed names agree in length and first letter: one look tells which one it can be.
constexpr std::uint8_t kNone = 0xff;
using Candidates = std::array<std::array<std::uint8_t, 32>, kLongestManaged + 1>;
constexpr Candidates make_candidates() {
  Candidates candidates{};
  for (auto& by_letter : candidates) by_letter.fill(kNone);
  for (std::size_t i = 0; i < kManagedFields.size(); ++i) {
    const std::string_view name = kManagedFields[i].name;
    std::uint8_t& place = candidates[name.size()][name[0] & 31];
    if (place != kNone) throw "two managed names with the same length and first letter";
    place = static_cast<std::uint8_t>(i);
  }
  return candidates;
}
constexpr Candidates kCandidates = make_candidates();

template <class Word>
bool same_letters_at(const char* name, const char* lower) noexcept {
  Word mine;
  Word wanted;
  std::memcpy(&mine, name, sizeof(Word));
  std::memcpy(&wanted, lower, sizeof(Word));
  return (mine | static_cast<Word>(0x2020202020202020U)) == wanted;
}

// Both of one size. `lower`: letters, digits and '-'; no other character of a token becomes one of
// them when its bit of case is set.
bool is_same_name(std::string_view name, std::string_view lower) noexcept {
  const std::size_t size = lower.size();
  if (size < 4) return iequals(name, lower);
  if (size < 8)
    return same_letters_at<std::uint32_t>(name.data(), lower.data()) &&
           same_letters_at<std::uint32_t>(name.data() + size - 4, lower.data() + size - 4);
  for (std::size_t at = 0; at + 8 < size; at += 8)
    if (!same_letters_at<std::uint64_t>(name.data() + at, lower.data() + at)) return false;
  return same_letters_at<std::uint64_t>(name.data() + size - 8, lower.data() + size - 8);
}

// A sign other than single '-' between letters.
bool has_odd_character(std::string_view name) noexcept {
  char before = '-';
  for (const char c : name) {
    const char lower = to_lower(c);
    const bool plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
    if (!plain && (c != '-' || before == '-')) return true;
    before = c;
  }
  return before == '-';
}

bool is_plain(char c) noexcept {
  const char lower = to_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

// Whether the two names have the same letters and digits, whatever stands between them.
bool same_letters(std::string_view name, std::string_view managed) noexcept {
  std::size_t at = 0;
  for (const char c : managed) {
    if (!is_plain(c)) continue;
    while (at < name.size() && !is_plain(name[at])) ++at;
    if (at == name.size() || to_lower(name[at++]) != c) return false;
  }
  while (at < name.size() && !is_plain(name[at])) ++at;
  return at == name.size();
}

// CGI-like servers turn '_' and other signs into one and the same character.
FieldId identify_odd(std::string_view name) noexcept {
  for (const NamedField& field : kManagedFields) {
    if (!same_letters(name, field.name)) continue;
    const bool frames =
        field.id == FieldId::content_length || field.id == FieldId::transfer_encoding;
    return frames ? FieldId::framing_alias : FieldId::alias;
  }
  return name.find('_') != std::string_view::npos ? FieldId::alias : FieldId::other;
}

struct NamedMethod {
  std::string_view name;
  Method method;
};

constexpr std::array<NamedMethod, kMethodCount> kMethods{{
    {"GET", Method::get},
    {"HEAD", Method::head},
    {"POST", Method::post},
    {"PUT", Method::put},
    {"DELETE", Method::delete_},
    {"PATCH", Method::patch},
    {"OPTIONS", Method::options},
    {"TRACE", Method::trace},
    {"CONNECT", Method::connect},
    {"OTHER", Method::other},
}};

}  // namespace

FieldId identify_field(std::string_view name, Names names) noexcept {
  if (name.size() <= kLongestManaged) {
    const std::uint8_t candidate = kCandidates[name.size()][name[0] & 31];
    if (candidate != kNone && is_same_name(name, kManagedFields[candidate].name))
      return kManagedFields[candidate].id;
  }
  if (names == Names::of_response) return FieldId::other;
  const FieldId odd = has_odd_character(name) ? identify_odd(name) : FieldId::other;
  if (odd == FieldId::other && to_lower(name[0]) == 'x' &&
      iequals(name.substr(0, kForwardedPrefix.size()), kForwardedPrefix))
    return FieldId::x_forwarded_other;
  return odd;
}

Method identify_method(std::string_view name) noexcept {
  for (const NamedMethod& known : kMethods)
    if (known.name == name) return known.method;
  return Method::other;
}

std::string_view to_string(Method method) noexcept {
  return kMethods[static_cast<std::size_t>(method)].name;
}

}  // namespace sluice::proxy
