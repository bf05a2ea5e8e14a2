#include "admin/replays.hpp"

#include <algorithm>

namespace sluice::admin {

Replays::Found Replays::begin(const std::string& key, const Sha256Digest& request, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found != entries_.end() && now - found->second.began < kHeldFor) {
    const Entry& entry = found->second;
    if (entry.request != request) return {Verdict::another};
    if (!entry.answer) return {Verdict::pending};
    return {Verdict::again, entry.answer};
  }
  make_room(now);
  entries_[key] = {request, now, {}};
  order_.push_back(key);
  return {};
}

// Those whose time is over, and the oldest when there are too many.
void Replays::make_room(Time now) {
  while (!order_.empty()) {
    const auto oldest = entries_.find(order_.front());
    if (oldest != entries_.end() && now - oldest->second.began < kHeldFor &&
        order_.size() < kEntriesMax)
      return;
    if (oldest != entries_.end()) entries_.erase(oldest);
    order_.pop_front();
  }
}

void Replays::settle(const std::string& key, const Response& answer) {
  if (answer.result_int() >= 500) return forget(key);
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) found->second.answer = answer;
}

void Replays::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  entries_.erase(key);
  std::erase(order_, key);
}

// A key has no blank in it.
std::string held_as(const std::string& actor, const std::string& key) {
  return actor + ' ' + key;
}

Sha256Digest fingerprint_of(const Request& request, const std::string& actor) {
  std::string all;
  const auto add = [&all](std::string_view part) {
    all += std::to_string(part.size()) + ':';
    all += part;
  };
  const std::string_view target(request.target().data(), request.target().size());
  for (const std::string_view part :
       {std::string_view(actor), std::string_view(request.method_string()), target,
        std::string_view(request[http::field::if_match]), std::string_view(request.body())})
    add(part);
  Sha256Digest digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest.data());
  return digest;
}

Result<std::optional<std::string>, Response> read_idempotency_key(const Request& request) {
  const auto [first, last] = request.equal_range("Idempotency-Key");
  if (first == last) return std::optional<std::string>();
  const std::string_view key = first->value();
  const bool printable = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
  if (std::next(first) != last || key.empty() || key.size() > Replays::kKeyBytesMax || !printable)
    return Failure{make_problem(http::status::bad_request, "bad_request",
                                "one Idempotency-Key of 1 to 255 visible ASCII characters")};
  return std::optional(std::string(key));
}

std::optional<Response> answer_of(const Replays::Found& found) {
  switch (found.verdict) {
    case Replays::Verdict::fresh:
      break;
    case Replays::Verdict::again: {
      Response answer = *found.answer;
      answer.set("Idempotency-Replayed", "true");
      return answer;
    }
    case Replays::Verdict::pending:
      return make_problem(http::status::conflict, "in_progress",
                          "a request with this Idempotency-Key is being answered");
    case Replays::Verdict::another:
      return make_problem(http::status::unprocessable_entity, "key_reused",
                          "this Idempotency-Key was used for another request");
  }
  return std::nullopt;
}

}  // namespace sluice::admin
