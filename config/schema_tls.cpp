// The rows of `tls`, of listeners and of upstreams.
#include "base/certificate.hpp"
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using Problems = std::optional<std::string>;

// A file's name; its content is read along, and `find_problem` says what is wrong with it.
Codec<FileText> file(std::function<Problems(const std::string&)> find_problem = nullptr) {
  const auto name = text("a file name", {}, check_file_name);
  return {name.type,
          [=](const Tree& tree, Reader& reader, FileText& out) {
            std::string written;
            name.read(tree, reader, written);
            if (written.empty()) return;
            out.path = resolve_file(written, reader.report().source().name());
            auto content = reader.read_file()(out.path);
            if (!content)
              return reader.error(tree.place, "cannot read " + out.path + ": " + content.error());
            out.content = std::move(content).value();
            if (!find_problem) return;
            if (const auto problem = find_problem(out.content))
              reader.error(tree.place, out.path + " " + *problem);
          },
          [=](const FileText& it, Detail detail) { return name.render(it.path, detail); }};
}

Problems find_problem_of_ca(const std::string& content) {
  const auto read = read_certificates(content);
  return read ? std::nullopt : std::optional(read.error());
}

void check_pair(const Tree& tree, Reader& reader, CertificateFiles& it) {
  if (it.certificate.content.empty() || it.key.content.empty()) return;  // said already
  const auto problem =
      find_problem(it.certificate.content, it.key.content, std::chrono::system_clock::now());
  if (!problem) return;
  const bool of_key = problem->of == PairProblem::Of::key;
  const std::string_view key = of_key ? "key" : "cert";
  const auto step = reader.enter(key);
  reader.error(place_at(tree, key), (of_key ? it.key : it.certificate).path + " " + problem->what);
}

Field<CertificateFiles> cert_row() {
  return row("cert", &CertificateFiles::certificate, file(),
             "PEM: the certificate, then those that vouch for it. Read anew when it changes.",
             {.required = true, .example = "site.pem"});
}
Field<CertificateFiles> key_row_of_pair() {
  return row("key", &CertificateFiles::key, file(), "PEM: its private key, not encrypted.",
             {.required = true, .example = "site.key"});
}

Codec<CertificateFiles> server_certificate() {
  return object<CertificateFiles>(
      {.fields = {cert_row(), key_row_of_pair(),
                  row("ocsp", &CertificateFiles::ocsp, file(),
                      "DER: an OCSP response that is sent along to clients that ask for it "
                      "(stapling). Whoever fetches it replaces the file.",
                      {.example = "site.ocsp"})},
       .check = check_pair});
}

Codec<CertificateFiles> client_certificate() {
  return object<CertificateFiles>({.fields = {cert_row(), key_row_of_pair()}, .check = check_pair});
}

Codec<TlsVersion> version() {
  return choice<TlsVersion>({{"1.2", TlsVersion::tls_1_2}, {"1.3", TlsVersion::tls_1_3}});
}

}  // namespace

Codec<ServerTlsSpec> server_tls_codec() {
  using S = ServerTlsSpec;
  return object<S>(
      {.fields = {row("certificates", &S::certificates, list(server_certificate(), 1),
                      "Which one a client gets is decided by the name it asks for (SNI): an exact "
                      "name beats a wildcard; of several for one name the kind of key that the "
                      "client can do. The first serves whoever asks for no name, or for another.",
                      {.required = true, .example = "[{ cert: site.pem, key: site.key }]"}),
                  row("min_version", &S::min_version, version(), "The oldest version of TLS."),
                  row("strict_sni", &S::strict_sni, boolean(),
                      "Refuses clients that ask for no name, or for one that no certificate is "
                      "for."),
                  row("client_ca", &S::client_ca, file(find_problem_of_ca),
                      "PEM: clients show a certificate that one of these vouches for. What it says "
                      "goes to the upstream in X-Forwarded-Client-Cert.",
                      {.example = "clients.pem"}),
                  only_if(
                      [](const S& it) { return !it.client_ca.empty(); },
                      row("client_auth", &S::client_auth,
                          choice<ClientAuth>({{"required", ClientAuth::required},
                                              {"optional", ClientAuth::optional}}),
                          "With `client_ca`: whether clients without a certificate are refused."))},
       .check = [](const Tree& tree, Reader& reader, S& it) {
         const Member* const auth = tree.find("client_auth");
         if (auth != nullptr && it.client_ca.empty())
           reader.key_error(auth->place, "client_auth",
                            "'client_auth' has a meaning only with client_ca");
       }});
}

Codec<ClientTlsSpec> client_tls_codec() {
  using C = ClientTlsSpec;
  return object<C>(
      {.fields = {row("verify", &C::verify, boolean(),
                      "Whether the endpoint's certificate must be for `server_name` and vouched "
                      "for. Without it anybody on the way can read and change everything."),
                  row("ca", &C::ca, file(find_problem_of_ca),
                      "PEM: who may vouch for endpoints. Absent: those that the system trusts.",
                      {.example = "ca.pem"}),
                  row("server_name", &C::server_name,
                      text("a host name or IP address", {}, check_server_name),
                      "Whom to ask for (SNI) and to expect in the certificate. Absent: the host of "
                      "the endpoint, as configured.",
                      {.example = "app.internal"}),
                  row("certificate", &C::certificate, client_certificate(),
                      "What we show to endpoints that ask who we are.",
                      {.example = "{ cert: us.pem, key: us.key }"}),
                  row("min_version", &C::min_version, version(), "The oldest version of TLS.")}});
}

}  // namespace sluice::config
