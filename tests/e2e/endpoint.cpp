#include "tests/e2e/endpoint.hpp"

#include <csignal>
#include <filesystem>

#include <gtest/gtest.h>

namespace sluice::test {

Endpoint::Endpoint(const TempFolder& folder, const std::string& name)
    : folder_(folder), name_(name), port_(free_port()) {
  std::filesystem::create_directories(folder / (name + "/health"));
  report(R"({"status":"healthy","checks":{"database":true},"version":"1.0","environment":"blue"})");
  const std::string prefix = (folder / name).string();
  folder_.write(name + ".conf", "worker_processes 1; daemon off; master_process off; pid " +
                                    prefix + ".pid; error_log " + prefix + ".err;\n" +
                                    "events { worker_connections 4096; }\nhttp { access_log off; "
                                    "keepalive_requests 100000000;\nserver { listen 127.0.0.1:" +
                                    std::to_string(port_) + " backlog=4096;\n" +
                                    "location / { return 200 '" + name +
                                    "'; }\nlocation /health/ { root " + prefix +
                                    "; default_type application/json; } } }\n");
  start();
}

void Endpoint::start() {
  nginx_ = std::make_unique<Process>(
      std::vector<std::string>{"nginx", "-c", (folder_ / (name_ + ".conf")).string()},
      folder_ / (name_ + ".log"));
  EXPECT_TRUE(wait_until_listening(port_)) << nginx_->output();
}

void Endpoint::kill() {
  nginx_->signal(SIGKILL);
  nginx_->wait();
}

void Endpoint::report(const std::string& json) const {
  const auto fresh = folder_.write(name_ + "/health/fresh", json);
  std::filesystem::rename(fresh, folder_ / (name_ + "/health/deep"));
}

}  // namespace sluice::test
