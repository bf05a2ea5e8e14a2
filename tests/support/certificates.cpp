#include "tests/support/certificates.hpp"

#include <sstream>
#include <stdexcept>

namespace sluice::test {
namespace {

void openssl(std::vector<std::string> argv) {
  argv.insert(argv.begin(), "openssl");
  const Finished finished = run_program(std::move(argv));
  if (finished.exit_code != 0) throw std::runtime_error(finished.output);
}

std::vector<std::string> with_new_key(std::vector<std::string> argv, Authority::Key key) {
  if (key == Authority::Key::rsa)
    argv.insert(argv.end(), {"-newkey", "rsa:2048"});
  else
    argv.insert(argv.end(), {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"});
  return argv;
}

std::string alternative_names(const std::string& names) {
  std::string out = "subjectAltName=";
  std::istringstream words(names);
  for (std::string name; std::getline(words, name, ',');) {
    const bool address = name.find_first_not_of("0123456789.") == std::string::npos;
    out += (out.back() == '=' ? "" : ",") + std::string(address ? "IP:" : "DNS:") + name;
  }
  return out + "\n";
}

}  // namespace

Authority::Authority(const TempFolder& folder, const std::string& name)
    : folder_(folder), name_(name) {
  openssl(with_new_key({"req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=Test " + name,
                        "-keyout", path(name + ".key"), "-out", pem()},
                       Key::ec));
}

void Authority::issue(const std::string& name, const std::string& names, Key key, int days) const {
  openssl(with_new_key({"req", "-new", "-nodes", "-subj", "/O=Test/CN=" + name, "-keyout",
                        path(name + ".key"), "-out", path(name + ".csr")},
                       key));
  folder_.write(name + ".ext", alternative_names(names));
  openssl({"x509", "-req", "-in", path(name + ".csr"), "-CA", pem(), "-CAkey", path(name_ + ".key"),
           "-CAcreateserial", "-days", std::to_string(days), "-extfile", path(name + ".ext"),
           "-out", path(name + ".pem")});
}

std::string Authority::pair(const std::string& name) const {
  return "{ cert: \"" + path(name + ".pem") + "\", key: \"" + path(name + ".key") + "\" }";
}

}  // namespace sluice::test
