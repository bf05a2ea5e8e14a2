#pragma once
// One HTTP/1.1 request and its response, over a stream that is open already. What the stream is
// (a plain socket, later TLS over one) is the caller's affair.
//
// Thread:    the stream's.   Path: cold.
// Shape:     start(), again when the last is over and may_go_on(); `then` is called once for each,
//            from a handler of the stream, with what went wrong as a sentence, or an empty one when
//            response() is there. To give up, close the stream: `then` comes all the same.
// Invariant: reads at most 8 KiB of head and 64 KiB of body; of a longer body nothing is kept.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "health/expectation.hpp"
#include "health/failure_text.hpp"

namespace sluice::health {

inline constexpr std::uint32_t kHeadBytesMax = 8 * 1024;
inline constexpr std::size_t kBufferBytesMax = 16 * 1024;
inline constexpr unsigned kInterimMax = 8;  // 1xx before the response

template <class Stream>
class HttpCall {
 public:
  // `stream` outlives this, and this the call: `then` holds what owns it.
  explicit HttpCall(Stream& stream) : stream_(stream) {}

  // `request` is the whole of it, and outlives the call. `to_head`: its response has no body.
  template <class Then>
  void start(std::string_view request, bool to_head, Then then) {
    to_head_ = to_head;
    interims_ = 0;
    asio::async_write(stream_, asio::buffer(request),
                      [this, then = std::move(then)](const error_code& error, std::size_t) mutable {
                        if (error) return then(explain_failure(error));
                        read(std::move(then));
                      });
  }

  // Views into this.
  Response response() {
    fields_.clear();
    for (const auto& field : parser_->get())
      fields_.push_back({view(field.name_string()), view(field.value())});
    return {.status = parser_->get().result_int(),
            .fields = fields_,
            .body = whole_ ? std::string_view(parser_->get().body()) : std::string_view(),
            .whole = whole_};
  }

  // The peer, which was asked to end the connection or said that it will, has not yet.
  bool awaits_end(bool asked) const {
    return whole_ && !parser_->need_eof() && (asked || !parser_->keep_alive());
  }
  // The peer is ready for another request (RFC 9112 section 9.3), and has said no more than it
  // ought.
  bool may_go_on() const { return whole_ && parser_->keep_alive() && buffer_.size() == 0; }

 private:
  using error_code = boost::system::error_code;

  static std::string_view view(const auto& text) { return {text.data(), text.size()}; }

  template <class Then>
  void read(Then then) {
    parser_.emplace();
    parser_->header_limit(kHeadBytesMax);
    parser_->body_limit(kReportBytesMax);
    parser_->skip(to_head_);
    http::async_read(stream_, buffer_, *parser_,
                     [this, then = std::move(then)](const error_code& error, std::size_t) mutable {
                       on_read(error, std::move(then));
                     });
  }

  template <class Then>
  void on_read(const error_code& error, Then then) {
    whole_ = error != http::error::body_limit;
    if (error && whole_) return then(explain_failure(error));
    const unsigned status = parser_->get().result_int();
    const bool interim = status < 200 && status != 101;
    if (!interim) return then(std::string());
    if (++interims_ > kInterimMax) return then("more than 8 interim responses");
    read(std::move(then));
  }

  Stream& stream_;
  bool to_head_ = false;
  bool whole_ = true;
  unsigned interims_ = 0;
  boost::beast::flat_buffer buffer_{kBufferBytesMax};
  std::optional<http::response_parser<http::string_body>> parser_;
  std::vector<routing::Field> fields_;
};

}  // namespace sluice::health
