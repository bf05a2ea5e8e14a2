#pragma once
// A request head and a response head as the exchange sees them, whatever protocol brought them.
//
// Shape: views into the stream's input; one object of each kind a worker, filled anew a message.
// Invariant: void after the next suspension, like the bytes below them.
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "routing/match.hpp"

namespace sluice::proxy {

using routing::Field;

// Fields that a proxy must look at, drop or write itself. Everything else is `other`.
enum class FieldId : std::uint8_t {
  other,
  host,
  content_length,
  transfer_encoding,
  connection,
  keep_alive,
  proxy_connection,
  upgrade,
  te,
  trailer,
  expect,
  http2_settings,
  forwarded,
  x_forwarded_for,
  x_forwarded_proto,
  x_forwarded_host,
  x_forwarded_client_cert,
  x_forwarded_other,  // X-Real-IP, and X-Forwarded-* that are none of those above
  x_request_id,
  traceparent,
  tracestate,
  via,
  authorization,
  user_agent,
  alias,  // a name that some server would read as one of the above ("X_Forwarded_For"), or has '_'
  framing_alias,  // the same for Content-Length and Transfer-Encoding
};

// Aliases matter in requests alone: upstreams that turn '_' into '-' read what we send.
enum class Names : std::uint8_t { of_request, of_response };

// `name`: a token.
FieldId identify_field(std::string_view name, Names names = Names::of_request) noexcept;

// A set of kinds of fields.
using FieldIds = std::uint32_t;
constexpr FieldIds only(FieldId id) noexcept {
  return FieldIds{1} << static_cast<unsigned>(id);
}
template <class... Ids>
constexpr FieldIds any_of(Ids... ids) noexcept {
  return (only(ids) | ...);
}
constexpr bool contains(FieldIds set, FieldId id) noexcept {
  return (set & only(id)) != 0;
}

class FieldList {
 public:
  static constexpr std::size_t kMax = 256;

  void clear() noexcept {
    size_ = 0;
    bytes_ = 0;
    present_ = 0;
    repeated_ = 0;
  }
  // Errors: false when full.
  bool add(std::string_view name, std::string_view value, FieldId id) noexcept {
    if (size_ == kMax) return false;
    fields_[size_] = {name, value};
    ids_[size_] = id;
    dropped_[size_] = false;
    newest_[static_cast<std::size_t>(id)] = static_cast<std::uint8_t>(size_);
    repeated_ |= present_ & only(id);
    present_ |= only(id);
    bytes_ += name.size() + value.size() + kLineBytes;
    ++size_;
    return true;
  }

  std::size_t size() const noexcept { return size_; }
  // Of all as lines, the dropped ones too.
  std::size_t bytes() const noexcept { return bytes_; }
  std::span<const Field> all() const noexcept { return {fields_.data(), size_}; }
  const Field& operator[](std::size_t i) const noexcept { return fields_[i]; }
  FieldId id(std::size_t i) const noexcept { return ids_[i]; }

  // Whether there is a field of one of these kinds: most requests have few, and need no search.
  bool has_any(FieldIds ids) const noexcept { return (present_ & ids) != 0; }
  bool has(FieldId id) const noexcept { return has_any(only(id)); }

  // Dropped fields stay visible to routing but are not forwarded.
  void drop(std::size_t i) noexcept { dropped_[i] = true; }
  bool dropped(std::size_t i) const noexcept { return dropped_[i]; }

  // The first field with that id, or an empty view.
  std::string_view value_of(FieldId id) const noexcept {
    if (!has(id)) return {};
    if (!contains(repeated_, id)) return fields_[newest_[static_cast<std::size_t>(id)]].value;
    std::size_t i = 0;
    while (ids_[i] != id) ++i;
    return fields_[i].value;
  }

  // Calls `look(i)` for the fields of these kinds. Those of one kind come in their order; which
  // kind comes first is not said.
  template <class Look>
  void for_each(FieldIds ids, Look look) const {
    FieldIds left = present_ & ids;
    if ((repeated_ & left) == 0) {
      for (; left != 0; left &= left - 1) look(std::size_t{newest_[std::countr_zero(left)]});
      return;
    }
    for (std::size_t i = 0; i < size_; ++i)
      if (contains(ids, ids_[i])) look(i);
  }

 private:
  static constexpr std::size_t kLineBytes = 4;  // ": " and CRLF

  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  FieldIds present_ = 0;
  FieldIds repeated_ = 0;                // more than once
  std::array<std::uint8_t, 32> newest_;  // by kind: the last of those that are present
  std::array<Field, kMax> fields_;
  std::array<FieldId, kMax> ids_;
  std::array<bool, kMax> dropped_;
};

enum class Method : std::uint8_t {
  get,
  head,
  post,
  put,
  delete_,
  patch,
  options,
  trace,
  connect,
  other
};
inline constexpr std::size_t kMethodCount = 10;

Method identify_method(std::string_view name) noexcept;
std::string_view to_string(Method method) noexcept;
// Source: RFC 9110 section 9.2.2.
constexpr bool is_idempotent(Method method) noexcept {
  return method != Method::post && method != Method::patch && method != Method::connect &&
         method != Method::other;
}

enum class BodyFraming : std::uint8_t {
  none,
  length,       // exactly `content_length` bytes
  chunked,      // until its own end mark
  until_close,  // responses only
};

struct RequestHead {
  std::string_view method;
  Method method_id = Method::other;
  std::string_view target;  // origin-form as received, or "*"
  std::string_view
      authority;  // Host, or the authority of an absolute-form target; may be empty in 1.0
  bool http_1_0 = false;
  FieldList fields;

  BodyFraming body = BodyFraming::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;  // what the client wants
  bool expect_continue = false;
  std::string_view upgrade;  // protocols to offer the upstream; empty: none
};

struct ResponseHead {
  std::uint16_t status = 0;
  std::string_view reason;
  bool http_1_0 = false;
  FieldList fields;

  BodyFraming body = BodyFraming::none;
  std::uint64_t content_length = 0;
  bool announces_length = false;  // no body here, but Content-Length says what GET would bring
  bool keep_alive = true;         // what the upstream allows
};

}  // namespace sluice::proxy
