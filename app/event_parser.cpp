#include "app/event_parser.hpp"

#include <utility>

namespace sluice::app {

std::optional<ServerEvent> EventParser::next() {
  std::size_t at = 0;
  std::optional<ServerEvent> found;
  while (!found) {
    const std::size_t end = buffer_.find('\n', at);
    if (end == std::string::npos) break;
    std::string_view line = std::string_view(buffer_).substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    if (!line.empty()) {
      take_field(line);
      continue;
    }
    if (!id_.empty()) last_id_ = std::exchange(id_, {});
    ServerEvent event = std::exchange(event_, {});
    if (!event.data.empty()) found = std::move(event);
  }
  buffer_.erase(0, at);
  return found;
}

void EventParser::take_field(std::string_view line) {
  const std::string_view name = line.substr(0, line.find(':'));
  std::string_view value = line.substr(name.size());
  if (!value.empty()) value.remove_prefix(1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") event_.type = value;
  if (name == "id") id_ = value;
  if (name != "data") return;
  if (!event_.data.empty()) event_.data += '\n';
  event_.data += value;
}

}  // namespace sluice::app
