#include "admin/handlers/events.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>

#include <boost/json/serialize.hpp>

#include "admin/views.hpp"
#include "base/parse.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;
using control::EventKind;

constexpr std::size_t kAtOnce = 64;

using Kinds = std::set<EventKind>;  // empty: all

// Errors: the word that is none.
Result<Kinds, std::string> read_kinds(std::string_view list) {
  Kinds kinds;
  while (!list.empty()) {
    const std::string_view word = list.substr(0, list.find(','));
    list.remove_prefix(std::min(word.size() + 1, list.size()));
    const auto kind = control::parse_event_kind(word);
    if (!kind) return Failure{std::string(word)};
    kinds.insert(*kind);
  }
  return kinds;
}

std::string written(std::uint64_t id, std::string_view kind, const json::object& it) {
  return "id: " + std::to_string(id) + "\nevent: " + std::string(kind) +
         "\ndata: " + json::serialize(it) + "\n\n";
}

// One reader of the log, with its place in it.
class Following {
 public:
  Following(const control::Events& events, Kinds kinds, std::optional<std::uint64_t> after)
      : events_(events), kinds_(std::move(kinds)), place_(after.value_or(events.newest())) {}

  std::string operator()() {
    std::string out = std::exchange(opening_, {});
    std::uint64_t shown = 0;
    const auto reading = events_.after(place_, kAtOnce);
    if (reading.gap) out += gap(reading);
    for (const control::Event& event : reading.events) {
      place_ = event.id;
      if (!kinds_.empty() && !kinds_.contains(event.kind)) continue;
      out += written(event.id, control::label(event.kind), describe(event));
      shown = event.id;
    }
    // So that who comes back is not sent through what was left out.
    if (!reading.events.empty() && shown != place_) out += "id: " + std::to_string(place_) + "\n\n";
    return out;
  }

 private:
  std::string gap(const control::Events::Reading& reading) {
    const std::uint64_t after = std::exchange(
        place_, reading.events.empty() ? events_.newest() : reading.events.front().id - 1);
    if (after == 0) return {};  // who wants all that are held has missed nothing
    return written(place_, "gap", {{"kind", "gap"}, {"after", after}, {"resumes_at", place_ + 1}});
  }

  const control::Events& events_;
  Kinds kinds_;
  std::uint64_t place_;
  std::string opening_ = "retry: 1000\n\n";
};

Response bad_request(std::string_view detail) {
  return make_problem(http::status::bad_request, "bad_request", detail);
}

}  // namespace

FeedMaker make_events(const control::Events& events) {
  return [&events](const Call& call) -> Result<Feed, Response> {
    auto kinds = read_kinds(call.query("kinds").value_or(""));
    if (!kinds) return Failure{bad_request("kinds: there is no '" + kinds.error() + "'")};
    const auto field = call.request.find("Last-Event-ID");
    std::optional<std::uint64_t> after;
    if (field != call.request.end()) {
      const auto id = parse_integer(std::string_view(field->value()), 0, INT64_MAX);
      if (!id) return Failure{bad_request("Last-Event-ID: " + id.error())};
      after = *id;
    }
    return Feed(Following(events, std::move(kinds).value(), after));
  };
}

}  // namespace sluice::admin
