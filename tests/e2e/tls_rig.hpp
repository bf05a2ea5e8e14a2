#pragma once
// The real program with a listener that speaks TLS, and clients of it.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"
#include "tests/support/certificates.hpp"

namespace sluice::test {

// The program with a listener that speaks TLS, before three backends.
class TlsSluice {
 public:
  explicit TlsSluice(const std::string& tls) : tls_(tls) {}
  // Another one, which clients trust that trust `other`.
  TlsSluice(const std::string& tls, const std::string& more, const TlsSluice& other)
      : trusted_(other.authority_.pem()), tls_(tls), more_(more) {}

  void start() {
    write();
    process_ = std::make_unique<Process>(
        std::vector<std::string>{SLUICE_BINARY, "run", "-c", (folder_ / "sluice.yaml").string()},
        folder_ / "sluice.log");
    ASSERT_TRUE(process_->wait_for_output("ready")) << process_->output();
  }
  void write() {
    folder_.write(
        "sluice.yaml",
        "version: 1\nworkers: 2"
        "\nadmin: { listen: \"127.0.0.1:" +
            std::to_string(admin_port_) +
            "\" }\nlisteners:\n  - { name: edge, bind: \"127.0.0.1:" + std::to_string(port_) +
            "\", tls: " + tls_ + more_ + " }\n" + backends_.with_route("split: { blue: 1 }"));
  }
  void set_tls(std::string tls) { tls_ = std::move(tls); }
  const std::string& tls() const { return tls_; }

  std::string url(const std::string& host = "site.example") const {
    return "https://" + host + ":" + std::to_string(port_) + "/";
  }
  // curl with names that all mean this program.
  Finished curl(std::vector<std::string> words, const std::string& host = "site.example") const {
    words.insert(words.begin(), {"curl", "-sS", "--fail", "--max-time", "20", "--connect-to",
                                 "::127.0.0.1:" + std::to_string(port_), "--cacert", trusted_});
    words.push_back(url(host));
    return run_program(std::move(words));
  }
  // openssl s_client, which says nothing and ends.
  std::string s_client(const std::string& options) const {
    return run_program({"sh", "-c",
                        "openssl s_client -connect 127.0.0.1:" + std::to_string(port_) + " " +
                            options + " </dev/null"})
        .output;
  }
  std::string metrics() const {
    return run_program(
               {"curl", "-sS", "http://127.0.0.1:" + std::to_string(admin_port_) + "/metrics"})
        .output;
  }
  Process& process() { return *process_; }
  const Authority& authority() const { return authority_; }
  const TempFolder& folder() const { return folder_; }
  std::uint16_t port() const { return port_; }

 private:
  TempFolder folder_;
  Authority authority_{folder_};
  Backends backends_{folder_};
  std::string trusted_ = authority_.pem();
  std::string tls_;
  std::string more_;
  std::uint16_t port_ = free_port();
  std::uint16_t admin_port_ = free_port();
  std::unique_ptr<Process> process_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What `openssl s_client` with these options says of the certificate.
inline std::string shown_by(const TlsSluice& sluice, const std::string& options) {
  const std::string said = sluice.s_client(options);
  const std::size_t at = said.find("subject=");
  return at == std::string::npos ? said : said.substr(at, said.find('\n', at) - at);
}

}  // namespace sluice::test
