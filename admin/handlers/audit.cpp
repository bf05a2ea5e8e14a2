#include "admin/handlers/audit.hpp"

#include <boost/json/array.hpp>

#include "admin/views.hpp"
#include "base/parse.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;

constexpr std::uint32_t kRowsMax = 1'000;

// Errors: the answer that says why.
Result<control::AuditQuery, Response> read_query(const Call& call) {
  control::AuditQuery query;
  const auto number = [&](const char* name, std::uint64_t most, auto& into) -> std::string {
    const auto text = call.query(name);
    if (!text) return {};
    const auto value = parse_integer(*text, 1, most);
    if (!value) return std::string(name) + ": " + value.error();
    into = static_cast<std::remove_reference_t<decltype(into)>>(*value);
    return {};
  };
  for (const std::string& wrong :
       {number("limit", kRowsMax, query.limit), number("before", INT64_MAX, query.before_id)})
    if (!wrong.empty())
      return Failure{make_problem(http::status::bad_request, "bad_request", wrong)};
  query.target = call.query("target").value_or("");
  return query;
}

}  // namespace

Handler make_audit(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    auto query = read_query(call);
    if (!query) return reply(query.error());
    room.audit(*query, [reply](auto read) {
      if (!read)
        return reply(make_problem(http::status::service_unavailable, "unavailable", read.error()));
      json::array rows;
      for (const control::AuditRow& row : *read) rows.push_back(describe(row));
      reply(make_json(json::object{{"audit", std::move(rows)}}));
    });
  };
}

}  // namespace sluice::admin
