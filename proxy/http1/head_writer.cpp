#include "proxy/http1/head_writer.hpp"

#include <charconv>
#include <utility>

#include "base/ascii.hpp"
#include "base/cursor.hpp"

namespace sluice::proxy::http1 {
namespace {

// Status line, Content-Length, Connection and the names of what we add, with room to spare.
constexpr std::size_t kFixedBound = 512;

void put_field(Cursor& cursor, std::string_view name, std::string_view value) noexcept {
  cursor.text(name).text(": ").text(value).text("\r\n");
}

// Lines that came one behind the other, as they are to go out, are copied at once: most of a head.
class LineRun {
 public:
  explicit LineRun(Cursor& cursor) noexcept : cursor_(cursor) {}

  void add(const Field& field) noexcept {
    const char* const name_end = field.name.data() + field.name.size();
    if (field.value.data() != name_end + 2 || name_end[0] != ':' || name_end[1] != ' ') {
      flush();
      put_field(cursor_, field.name, field.value);
      return;
    }
    if (begin_ == nullptr || field.name.data() != end_ + 2 || end_[0] != '\r' || end_[1] != '\n') {
      flush();
      begin_ = field.name.data();
    }
    end_ = field.value.data() + field.value.size();
  }
  void flush() noexcept {
    if (begin_ == nullptr) return;
    cursor_.text({begin_, static_cast<std::size_t>(end_ - begin_)}).text("\r\n");
    begin_ = nullptr;
  }

 private:
  Cursor& cursor_;
  const char* begin_ = nullptr;  // null: nothing waits
  const char* end_ = nullptr;
};

bool is_named(const std::vector<std::string>& names, std::string_view name) noexcept {
  for (const std::string& drop : names)
    if (iequals(name, drop)) return true;
  return false;
}

// Written anew for the upstream.
FieldIds replaced_by(const Forwarding& forwarding) noexcept {
  constexpr FieldIds kAlways =
      any_of(FieldId::x_forwarded_for, FieldId::x_forwarded_proto, FieldId::x_forwarded_host,
             FieldId::x_forwarded_client_cert, FieldId::x_request_id, FieldId::traceparent);
  return kAlways | (forwarding.forwarded.empty() ? 0 : only(FieldId::forwarded)) |
         (forwarding.keeps_tracestate ? 0 : only(FieldId::tracestate));
}

void write_fields(Cursor& cursor, const FieldList& fields, const routing::HeaderEdits& edits,
                  FieldIds replaced, const ListenerHeaders* listener = nullptr) noexcept {
  LineRun run(cursor);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields.dropped(i) || contains(replaced, fields.id(i))) continue;
    if (!edits.drop.empty() && is_named(edits.drop, fields[i].name)) continue;
    if (listener != nullptr && is_named(listener->drop, fields[i].name)) continue;
    run.add(fields[i]);
  }
  run.flush();
  cursor.text(edits.block);
  if (listener == nullptr) return;
  for (const HeaderLine& line : listener->lines)
    if (edits.drop.empty() || !is_named(edits.drop, line.name)) cursor.text(line.line);
}

// A route that sets or removes one of these fields has the last word on it.
void write_forwarding(Cursor& cursor, const Forwarding& forwarding,
                      const routing::HeaderEdits& edits) noexcept {
  const std::pair<std::string_view, std::string_view> fields[] = {
      {"X-Forwarded-For", forwarding.forwarded_for},
      {"X-Forwarded-Proto", forwarding.proto},
      {"X-Forwarded-Host", forwarding.host},
      {"X-Request-Id", forwarding.request_id},
      {"traceparent", forwarding.traceparent},
      {"X-Forwarded-Client-Cert", forwarding.client_certificate},
      {"Forwarded", forwarding.forwarded},
  };
  for (const auto& [name, value] : fields)
    if (!value.empty() && (edits.drop.empty() || !is_named(edits.drop, name)))
      put_field(cursor, name, value);
}

}  // namespace

std::size_t request_bound(const RequestImage& image) noexcept {
  const Forwarding& forwarding = image.forwarding;
  return kFixedBound + image.head.method.size() + image.target.size() + image.authority.size() +
         image.head.fields.bytes() + image.edits.block.size() + forwarding.forwarded_for.size() +
         forwarding.host.size() + forwarding.request_id.size() +
         forwarding.client_certificate.size() + forwarding.forwarded.size() +
         image.head.upgrade.size();
}

std::size_t write_request(const RequestImage& image, char* out) noexcept {
  const RequestHead& head = image.head;
  const Forwarding& forwarding = image.forwarding;
  Cursor cursor(out);
  cursor.text(head.method).text(" ").text(image.target).text(" HTTP/1.1\r\n");
  put_field(cursor, "Host", image.authority);
  write_fields(cursor, head.fields, image.edits, replaced_by(forwarding));
  if (head.body == BodyFraming::length)
    cursor.text("Content-Length: ").number(head.content_length).text("\r\n");
  if (head.body == BodyFraming::chunked) cursor.text("Transfer-Encoding: chunked\r\n");
  write_forwarding(cursor, forwarding, image.edits);
  cursor.text(head.http_1_0 ? "Via: 1.0 sluice\r\n" : "Via: 1.1 sluice\r\n");
  if (!head.upgrade.empty())
    cursor.text("Connection: Upgrade\r\nUpgrade: ").text(head.upgrade).text("\r\n");
  cursor.text("\r\n");
  return cursor.size();
}

std::size_t response_bound(const ResponseImage& image) noexcept {
  return kFixedBound + image.head.reason.size() + image.head.fields.bytes() +
         image.edits.block.size() + image.block.size() + image.listener_block.size() +
         (image.listener_edits != nullptr ? image.listener_edits->size : 0);
}

std::size_t write_response(const ResponseImage& image, char* out) noexcept {
  const ResponseHead& head = image.head;
  Cursor cursor(out);
  cursor.text("HTTP/1.1 ").number(head.status).text(" ").text(head.reason).text("\r\n");
  write_fields(cursor, head.fields, image.edits, 0, image.listener_edits);
  if (image.framing == BodyFraming::length || head.announces_length)
    cursor.text("Content-Length: ").number(head.content_length).text("\r\n");
  if (image.framing == BodyFraming::chunked) cursor.text("Transfer-Encoding: chunked\r\n");
  cursor.text(image.block).text(image.listener_block);
  switch (image.persistence) {
    case Persistence::implied:
      break;
    case Persistence::keep_alive:
      cursor.text("Connection: keep-alive\r\n");
      break;
    case Persistence::close:
      cursor.text("Connection: close\r\n");
      break;
    case Persistence::upgrade:
      cursor.text("Connection: Upgrade\r\nUpgrade: ")
          .text(head.fields.value_of(FieldId::upgrade))
          .text("\r\n");
  }
  cursor.text("\r\n");
  return cursor.size();
}

std::size_t write_chunk_size(std::size_t size, char* out) noexcept {
  char* const end = std::to_chars(out, out + 16, size, 16).ptr;
  end[0] = '\r';
  end[1] = '\n';
  return static_cast<std::size_t>(end - out) + 2;
}

}  // namespace sluice::proxy::http1
