// Streams inside TLS, both ends on one worker over a socket pair.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "net/stream.hpp"
#include "net/tls/session.hpp"
#include "net/worker.hpp"
#include "tests/support/certificates.hpp"

namespace sluice::net {
namespace {

using test::Authority;
using test::TempFolder;

// One authority and its certificates for all tests of this file: keys take time.
struct Files {
  TempFolder folder;
  Authority authority{folder};
  Files() {
    authority.issue("site", "site.example");
    authority.issue("other", "*.other.example");
    authority.issue("site-rsa", "site.example", Authority::Key::rsa);
    authority.issue("client", "client.example");
  }
  FileText text(const std::string& file) const {
    return {authority.path(file), test::read_file(authority.path(file))};
  }
  CertificateFiles pair(const std::string& name) const {
    return {text(name + ".pem"), text(name + ".key"), {}};
  }
};
const Files& files() {
  static const Files made;
  return made;
}

ServerTlsSpec server_spec() {
  return {.certificates = {files().pair("site"), files().pair("other"), files().pair("site-rsa")}};
}
ClientTlsSpec client_spec(const std::string& name = "site.example") {
  return {.ca = files().text("ca.pem"), .server_name = name, .certificate = {}};
}

tls::TicketKeys tickets() {
  return {tls::TicketSeed{1, 2, 3}, std::chrono::steady_clock::now()};
}

// A server and clients of it.
struct Pair {
  Worker worker{WorkerId{0}};
  tls::TicketKeys keys = tickets();
  std::shared_ptr<const tls::ServerContext> server;
  std::shared_ptr<const tls::ClientContext> client;
  tls::ClientSessions sessions;
  std::unique_ptr<Stream> near;  // the client's
  std::unique_ptr<Stream> far;
  IoStatus near_status = IoStatus::ok;
  IoStatus far_status = IoStatus::ok;

  explicit Pair(const ServerTlsSpec& at_server = server_spec(),
                const ClientTlsSpec& at_client = client_spec()) {
    auto made = tls::ServerContext::make(at_server, "edge", keys);
    if (!made) throw std::runtime_error(made.error());
    server = std::move(made).value();
    auto other = tls::ClientContext::make(at_client);
    if (!other) throw std::runtime_error(other.error());
    client = std::move(other).value();
    connect();
  }

  void connect() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
      throw std::runtime_error("socketpair");
    near = std::make_unique<Stream>(worker, ends[0]);
    far = std::make_unique<Stream>(worker, ends[1]);
    near->start_tls(std::make_unique<tls::Session>(client, "", &sessions));
    far->start_tls(std::make_unique<tls::Session>(server));
  }

  // Runs coroutines to their end; once.
  template <class... Tasks>
  void run(Tasks... make) {
    worker.post([&] {
      (worker.gate().enter(make()), ...);
      worker.gate().close([this] { worker.stop(); });
    });
    worker.run();
  }
};

Task<void> shake(Stream& stream, IoStatus& status) {
  status = co_await stream.handshake(stream.worker().now() + std::chrono::seconds(10));
}

Task<void> send_text(Stream& stream, std::string text, IoStatus& status) {
  co_await shake(stream, status);
  if (status != IoStatus::ok) co_return;
  iovec pieces[3] = {{text.data(), 5}, {text.data(), 0}, {text.data() + 5, text.size() - 5}};
  status = co_await stream.send(pieces);
  stream.shutdown_write();
}

Task<void> receive_text(Stream& stream, std::string& into, IoStatus& status) {
  co_await shake(stream, status);
  while (status == IoStatus::ok) {
    into.append(stream.input().data(), stream.input().size());
    stream.consume(stream.input().size());
    status = co_await stream.receive(stream.worker().now() + std::chrono::seconds(10));
  }
}

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t seed = 1;
  for (char& c : out) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return out;
}

TEST(TlsStream, CarriesBytesOfAnySizeAndEndsInOrder) {
  for (const std::size_t size : {6UL, 16'384UL, 16'385UL, 100'000UL, 3'000'000UL}) {
    Pair pair;
    std::string got;
    const std::string sent = pattern(size);
    pair.run([&] { return send_text(*pair.near, sent, pair.near_status); },
             [&] { return receive_text(*pair.far, got, pair.far_status); });
    EXPECT_EQ(pair.near_status, IoStatus::ok) << size;
    EXPECT_EQ(pair.far_status, IoStatus::eof) << size;
    EXPECT_TRUE(got == sent) << size;
    EXPECT_EQ(pair.far->bytes_received(), size);
  }
}

Task<void> end_abruptly(Stream& stream, IoStatus& status) {
  co_await shake(stream, status);
  ::shutdown(stream.descriptor(), SHUT_WR);
}

// Row 37.
TEST(TlsStream, AnEndWithoutFarewellIsNoEnd) {
  Pair pair;
  std::string got;
  pair.run([&] { return end_abruptly(*pair.near, pair.near_status); },
           [&] { return receive_text(*pair.far, got, pair.far_status); });
  EXPECT_EQ(pair.far_status, IoStatus::reset);
}

// The client's hello arrives before the server is told that this is TLS.
Task<void> begin_late(Pair& pair, std::string& got) {
  pair.far_status = co_await pair.far->receive();
  EXPECT_EQ(pair.far->input()[0], 0x16);
  pair.far->start_tls(std::make_unique<tls::Session>(pair.server));
  co_await receive_text(*pair.far, got, pair.far_status);
}

TEST(TlsStream, HandshakeBytesThatCameEarlyCount) {
  Pair pair;
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
  pair.near = std::make_unique<Stream>(pair.worker, ends[0]);
  pair.far = std::make_unique<Stream>(pair.worker, ends[1]);
  pair.near->start_tls(std::make_unique<tls::Session>(pair.client, "", nullptr));
  std::string got;
  pair.run([&] { return send_text(*pair.near, "hello, world", pair.near_status); },
           [&] { return begin_late(pair, got); });
  EXPECT_EQ(got, "hello, world");
}

struct Outcome {
  IoStatus near;
  IoStatus far;
  tls::HandshakeFailure far_failure;
  tls::HandshakeFailure near_failure;
};
Outcome outcome_of(const ServerTlsSpec& server, const ClientTlsSpec& client) {
  Pair pair(server, client);
  std::string got;
  pair.run([&] { return send_text(*pair.near, "hello, world", pair.near_status); },
           [&] { return receive_text(*pair.far, got, pair.far_status); });
  return {pair.near_status, pair.far_status, pair.far->tls()->failure(),
          pair.near->tls()->failure()};
}

TEST(TlsStream, TheClientBelievesNobodyWithoutProof) {
  EXPECT_EQ(outcome_of(server_spec(), client_spec()).far, IoStatus::eof);
  EXPECT_EQ(outcome_of(server_spec(), client_spec("a.other.example")).far, IoStatus::eof);
  // The name is nobody's: the default certificate is shown, and is not for it.
  const Outcome stranger = outcome_of(server_spec(), client_spec("evil.example"));
  EXPECT_EQ(stranger.near, IoStatus::reset);
  EXPECT_EQ(stranger.near_failure, tls::HandshakeFailure::peer_certificate);
  EXPECT_EQ(stranger.far_failure, tls::HandshakeFailure::refused);
  const Outcome deep = outcome_of(server_spec(), client_spec("a.b.other.example"));
  EXPECT_EQ(deep.near_failure, tls::HandshakeFailure::peer_certificate);
  ClientTlsSpec unknown_authority = client_spec();
  unknown_authority.ca = files().text("site.pem");
  unknown_authority.ca.content = files().text("client.pem").content;
  EXPECT_EQ(outcome_of(server_spec(), unknown_authority).near, IoStatus::reset);
  unknown_authority.verify = false;
  EXPECT_EQ(outcome_of(server_spec(), unknown_authority).far, IoStatus::eof);
}

TEST(TlsStream, StrictServersRefuseNamesThatAreNobodys) {
  ServerTlsSpec strict = server_spec();
  strict.strict_sni = true;
  EXPECT_EQ(outcome_of(strict, client_spec()).far, IoStatus::eof);
  ClientTlsSpec client = client_spec("evil.example");
  client.verify = false;
  EXPECT_EQ(outcome_of(strict, client).far_failure, tls::HandshakeFailure::unknown_name);
  client.server_name = "127.0.0.1";  // no SNI
  EXPECT_EQ(outcome_of(strict, client).far_failure, tls::HandshakeFailure::unknown_name);
}

TEST(TlsStream, ClientCertificates) {
  ServerTlsSpec asking = server_spec();
  asking.client_ca = files().text("ca.pem");
  ClientTlsSpec known = client_spec();
  known.certificate = files().pair("client");
  EXPECT_EQ(outcome_of(asking, known).far, IoStatus::eof);
  EXPECT_EQ(outcome_of(asking, client_spec()).far_failure, tls::HandshakeFailure::peer_certificate);
  asking.client_auth = ClientAuth::optional;
  EXPECT_EQ(outcome_of(asking, client_spec()).far, IoStatus::eof);
  asking.client_ca = files().text("client.pem");  // vouches for nobody
  asking.client_ca.content = files().text("site.pem").content;
  EXPECT_EQ(outcome_of(asking, known).far_failure, tls::HandshakeFailure::peer_certificate);
}

TEST(TlsStream, VersionsMustMeet) {
  ServerTlsSpec modern = server_spec();
  modern.min_version = TlsVersion::tls_1_3;
  EXPECT_EQ(outcome_of(modern, client_spec()).far, IoStatus::eof);
}

}  // namespace
}  // namespace sluice::net
