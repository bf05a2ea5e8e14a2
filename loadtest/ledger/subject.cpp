#include "loadtest/ledger/subject.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#include "loadtest/ledger/line.hpp"
#include "loadtest/ledger/message.hpp"

namespace ledger {
namespace {

constexpr std::chrono::seconds kPatience{40};

// Short times, so that stopped upstreams are given up and idle connections closed within a run.
std::string configuration(const Fleet& fleet, const std::string& route) {
  std::string text =
      "version: 1\nadmin: { listen: \"127.0.0.1:0\" }\n"
      "listeners: [{ name: edge, bind: \"127.0.0.1:0\" }]\nupstreams:\n";
  std::string split;
  for (const UpstreamShare& upstream : kUpstreams) {
    std::string endpoints;
    for (const auto& endpoint : fleet)
      if (endpoint->upstream() == upstream.name)
        endpoints += (endpoints.empty() ? "\"127.0.0.1:" : ", \"127.0.0.1:") +
                     std::to_string(endpoint->port()) + "\"";
    text += "  " + std::string(upstream.name) + ":\n    endpoints: [" + endpoints +
            "]\n    connect_timeout: 500ms\n    response_timeout: 800ms\n"
            "    pool: { idle_timeout: 1s }\n";
    split += (split.empty() ? "" : ", ") + std::string(upstream.name) + ": " +
             std::to_string(upstream.weight);
  }
  return text + "routes:\n  - { name: all, split: { " + split + " }" +
         (route.empty() ? "" : ", " + route) + " }\n";
}

// The number that follows `before` in the text; 0 when there is none.
std::uint64_t number_after(const std::string& text, const std::string& before) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return 0;
  const std::size_t from = at + before.size();
  const std::size_t end = text.find_first_not_of("0123456789", from);
  return whole_number(text.substr(from, end - from)).value_or(0);
}

// The sum over all samples whose line begins with `name` and has `label` in it.
std::uint64_t sample(const std::string& metrics, const std::string& name,
                     const std::string& label) {
  std::uint64_t sum = 0;
  std::string_view rest = metrics;
  while (!rest.empty()) {
    const std::string_view row = cut_word(rest, '\n');
    if (!row.starts_with(name) || row.find(label) == std::string_view::npos) continue;
    sum += whole_number(row.substr(row.rfind(' ') + 1)).value_or(0);
  }
  return sum;
}

}  // namespace

std::unique_ptr<Subject> Subject::start_proxy(const std::string& binary, const std::string& folder,
                                              const Fleet& fleet, const std::string& route) {
  const std::string path = folder + "/sluice.yaml";
  std::ofstream(path) << configuration(fleet, route);
  std::unique_ptr<Subject> subject(new Subject);
  subject->output_ = folder + "/sluice.out";
  subject->child_ = std::make_unique<Child>(std::vector<std::string>{binary, "run", "-c", path},
                                            subject->output_);
  return subject->await_start() ? std::move(subject) : nullptr;
}

std::unique_ptr<Subject> Subject::start_liar(const std::string& lie, const std::string& folder,
                                             const Fleet& fleet, std::uint64_t run) {
  std::unique_ptr<Subject> subject(new Subject);
  subject->output_ = folder + "/liar.out";
  std::vector<std::string> argv{own_binary(), "liar", "--lie", lie, "--run", std::to_string(run)};
  for (const auto& endpoint : fleet) {
    argv.emplace_back("--to");
    argv.push_back(std::to_string(endpoint->port()));
  }
  subject->child_ = std::make_unique<Child>(std::move(argv), subject->output_);
  return subject->await_start() ? std::move(subject) : nullptr;
}

bool Subject::await_start() {
  const Clock::time_point until = Clock::now() + kPatience;
  while (Clock::now() < until && child_->alive()) {
    const std::string said = read_text(output_);
    port_ = static_cast<std::uint16_t>(number_after(said, "listener edge on 127.0.0.1:"));
    admin_port_ = static_cast<std::uint16_t>(number_after(said, "admin on http://127.0.0.1:"));
    if (port_ != 0 && said.find("ready") != std::string::npos) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

std::string Subject::metrics() const {
  const int descriptor = connect_to(admin_port_);
  if (descriptor < 0) return {};
  Line line(descriptor);
  line.queue("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(admin_port_) +
             "\r\nConnection: close\r\n\r\n");
  const Clock::time_point until = Clock::now() + kPatience;
  const HeadRead read = read_head(line, until);
  std::string text;
  if (read.ending == Ending::whole)
    read_body(line, plan_body(read.head, true, false, 200), until,
              [&](std::string_view piece) { return text.append(piece), true; });
  return text;
}

Footprint Subject::footprint() const {
  const std::string process = "/proc/" + std::to_string(child_->pid());
  Footprint out;
  for (const auto& entry : std::filesystem::directory_iterator(process + "/fd")) {
    static_cast<void>(entry);
    ++out.descriptors;
  }
  std::string status = read_text(process + "/status");
  std::erase_if(status, [](char c) { return c == ' ' || c == '\t'; });
  out.resident_kib = number_after(status, "VmRSS:");
  return out;
}

std::optional<Footprint> Subject::rest() const {
  const Clock::time_point until = Clock::now() + kPatience;
  while (Clock::now() < until) {
    const std::string text = metrics();
    if (!text.empty() && sample(text, "sluice_open_connections{", "") == 0 &&
        sample(text, "sluice_upstream_connections{", "") == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the scrape's own connection
      return footprint();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  std::ofstream(output_ + ".metrics") << metrics();
  return std::nullopt;
}

std::vector<Arm> Subject::arms() const {
  const std::string text = metrics();
  std::vector<Arm> out;
  for (const UpstreamShare& upstream : kUpstreams)
    out.push_back({upstream.name, static_cast<double>(upstream.weight) / kWeightSum,
                   sample(text, "sluice_split_decisions_total{",
                          "upstream=\"" + std::string(upstream.name) + "\"")});
  return out;
}

}  // namespace ledger
