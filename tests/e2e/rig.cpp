#include "tests/e2e/rig.hpp"

#include <csignal>
#include <sstream>

#include <gtest/gtest.h>

#include "base/parse.hpp"

namespace sluice::test {

Backends::Backends(const TempFolder& folder) {
  std::string servers;
  for (const char* const name : {"blue", "green", "canary"}) {
    const std::uint16_t port = free_port();
    ports_[name] = port;
    servers += "server { listen 127.0.0.1:" + std::to_string(port) +
               " backlog=4096; add_header X-Backend " + name +
               " always; client_max_body_size 64m; location / { return 200 '" + name +
               " $http_x_user_id'; } location /slow { proxy_pass http://127.0.0.1:1; } }\n";
  }
  const std::string prefix = folder.path().string();
  const auto config = folder.write(
      "nginx.conf", "worker_processes 1; daemon off; master_process off; pid " + prefix +
                        "/nginx.pid; error_log " + prefix +
                        "/nginx.err;\nevents { worker_connections 4096; }\nhttp { access_log off; "
                        "keepalive_requests 100000000; client_body_temp_path " +
                        prefix + "/body;\n" + servers + "}\n");
  nginx_ = std::make_unique<Process>(std::vector<std::string>{"nginx", "-c", config.string()},
                                     folder / "nginx.log");
  for (const auto& [name, port] : ports_)
    EXPECT_TRUE(wait_until_listening(port)) << name << ": " << nginx_->output();
}

std::string Backends::upstreams() const {
  std::string text = "upstreams:\n";
  for (const auto& [name, port] : ports_)
    text += "  " + name + ": { endpoints: [\"127.0.0.1:" + std::to_string(port) + "\"] }\n";
  return text;
}

std::string Backends::with_route(const std::string& route) const {
  return upstreams() + "routes:\n  - { name: all, " + route + " }\n";
}

Program::Program(const TempFolder& folder, const std::string& rest, const std::string& admin)
    : folder_(folder), admin_(admin) {
  write(rest);
  start();
}

void Program::start() {
  const std::string log = "sluice" + std::to_string(++starts_) + ".log";
  process_ = std::make_unique<Process>(
      std::vector<std::string>{SLUICE_BINARY, "run", "-c", (folder_ / "sluice.yaml").string()},
      folder_ / log);
  reloads_ = 0;
  EXPECT_TRUE(says("ready")) << process_->output();
}

void Program::kill_and_restart() {
  process_->signal(SIGKILL);
  process_->wait();
  start();
}

std::string Program::admin_token() const {
  const std::string label = "admin token of this run: ";
  const std::string output = process_->output();
  const std::size_t at = output.find(label) + label.size();
  return output.substr(at, output.find('\n', at) - at);
}

Finished Program::verb(std::vector<std::string> words) const {
  words.insert(words.begin(), SLUICE_BINARY);
  words.insert(words.end(), {"--admin", "http://127.0.0.1:" + std::to_string(admin_port_),
                             "--token", admin_token()});
  return run_program(std::move(words));
}

void Program::write(const std::string& rest) const {
  folder_.write("sluice.yaml",
                "version: 1\nlisteners: [{ name: edge, bind: \"127.0.0.1:" + std::to_string(port_) +
                    "\" }]\nadmin: { listen: \"127.0.0.1:" + std::to_string(admin_port_) + "\"" +
                    (admin_.empty() ? "" : ", " + admin_) + " }\n" + rest);
}

void Program::reload(const std::string& rest, const std::string& expected) {
  write(rest);
  process_->signal(SIGHUP);
  EXPECT_TRUE(says(expected, ++reloads_)) << process_->output();
}

bool Program::says(const std::string& text, int times) const {
  return process_->wait_for_output(text, times);
}

std::string Program::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::string Program::metrics() const {
  return run_program(
             {"curl", "-sS", "http://127.0.0.1:" + std::to_string(admin_port_) + "/metrics"})
      .output;
}

std::map<std::string, std::uint64_t> counts_after(const std::string& word,
                                                  const std::string& output) {
  std::map<std::string, std::uint64_t> counts;
  const std::size_t at = output.find("\n" + word + " ");
  if (at == std::string::npos) return counts;
  const std::size_t begin = at + word.size() + 2;
  std::istringstream words(output.substr(begin, output.find('\n', begin) - begin));
  for (std::string pair; words >> pair;) {
    const std::size_t equals = pair.find('=');
    counts[pair.substr(0, equals)] = *parse_integer(pair.substr(equals + 1), 0, 1'000'000'000);
  }
  return counts;
}

std::map<std::string, std::uint64_t> wrk_split(const Sluice& sluice, std::uint64_t requests) {
  std::map<std::string, std::uint64_t> total;
  std::uint64_t answered = 0;
  for (int run = 0; run < 60 && answered < requests; ++run) {
    const Finished wrk = run_program({"wrk", "-t1", "-c32", "-d3s", "-s",
                                      SLUICE_SOURCE_DIR "/loadtest/lua/split.lua", sluice.url()});
    const auto counts = counts_after("split", wrk.output);
    EXPECT_FALSE(counts.empty()) << wrk.output;
    if (counts.empty()) break;
    for (const auto& [name, count] : counts) {
      total[name] += count;
      if (name != "bad" && name != "errors") answered += count;
    }
  }
  total["all"] = answered;
  return total;
}

}  // namespace sluice::test
