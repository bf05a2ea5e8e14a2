#include "base/suggest.hpp"

#include <algorithm>
#include <vector>

namespace sluice {
namespace {

constexpr std::size_t kWordMax = 64;  // beyond this nobody mistyped a word; keeps the cost bounded

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Optimal string alignment distance, three rows.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string suggest(std::string_view written, std::span<const std::string> words) {
  if (written.size() > kWordMax) return {};
  const std::string* best = nullptr;
  std::size_t best_distance = 0;
  for (const std::string& word : words) {
    if (word.size() > kWordMax) continue;
    const std::size_t found = distance(written, word);
    const std::size_t allowed = std::max<std::size_t>(1, std::max(written.size(), word.size()) / 3);
    if (found > allowed || found >= std::max(written.size(), word.size())) continue;
    if (!best || found < best_distance) {
      best = &word;
      best_distance = found;
    }
  }
  return best ? *best : std::string();
}

}  // namespace sluice
