#pragma once
// Reads the body of a request strictly: each member of the right type and in range, none twice,
// none that nobody knows.
//
// Thread: any. Path: cold.
// Source: HAProxy CVE-2025-11230 (a huge exponent), RFC 8259 section 4 (names should be unique).
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "admin/exchange.hpp"
#include "base/result.hpp"
#include "control/change.hpp"

namespace sluice::admin {

class JsonBody {
 public:
  // Errors: the answer that says why (400).
  static Result<JsonBody, Response> read(const Request& request);

  // Absent: the default. Whatever is wrong is remembered.
  std::string text(std::string_view name, std::size_t bytes_max);
  std::string needed_text(std::string_view name, std::size_t bytes_max);
  bool flag(std::string_view name);
  bool has(std::string_view name) const { return object_.contains(name); }
  // A map of names and texts; absent: none.
  std::vector<std::pair<std::string, std::string>> texts(std::string_view name,
                                                         std::size_t bytes_max);
  // "15m"
  std::optional<std::chrono::milliseconds> duration(std::string_view name);
  // A map of names and whole numbers from 0.
  control::Weights needed_weights(std::string_view name);

  // After the last of the above. 422 when anything was wrong.
  std::optional<Response> refusal();

 private:
  explicit JsonBody(boost::json::object object) : object_(std::move(object)) {}
  const boost::json::value* find(std::string_view name);
  void fault(std::string_view name, std::string detail);

  boost::json::object object_;
  std::set<std::string, std::less<>> asked_;
  std::vector<control::Fault> faults_;
};

// `refusal` as an answer.
Response make_refusal(const control::Refusal& refusal);

}  // namespace sluice::admin
