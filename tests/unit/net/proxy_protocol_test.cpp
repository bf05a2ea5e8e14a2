// The PROXY protocol read and written, whole and in pieces.
#include "net/proxy_protocol.hpp"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

using Kind = ProxyHeader::Kind;

std::string v2(const std::string& rest) {
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12) + rest;
}
std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

struct Case {
  std::string name, input;
  Kind kind;
  std::string source = {};
};

const std::vector<Case>& cases() {
  static const std::string v4 = bytes({10, 1, 2, 3, 127, 0, 0, 1, 0x30, 0x39, 0x00, 0x50});
  static const std::string v6 = std::string(15, '\0') + "\x01" + std::string(15, '\0') + "\x02" +
                                bytes({0x30, 0x39, 0x00, 0x50});
  static const std::vector<Case> all{
      {"v1, IPv4", "PROXY TCP4 10.1.2.3 127.0.0.1 12345 80\r\n", Kind::client, "10.1.2.3:12345"},
      {"v1, IPv6", "PROXY TCP6 ::1 ::2 12345 80\r\n", Kind::client, "[::1]:12345"},
      {"v1, unknown", "PROXY UNKNOWN\r\n", Kind::local},
      {"v1, unknown with words", "PROXY UNKNOWN ::1 ::2 1 2\r\n", Kind::local},
      {"v1, another family", "PROXY UDP4 10.1.2.3 127.0.0.1 1 2\r\n", Kind::bad},
      {"v1, the wrong family", "PROXY TCP6 10.1.2.3 127.0.0.1 1 2\r\n", Kind::bad},
      {"v1, a name", "PROXY TCP4 localhost 127.0.0.1 1 2\r\n", Kind::bad},
      {"v1, two blanks", "PROXY TCP4  10.1.2.3 127.0.0.1 1 2\r\n", Kind::bad},
      {"v1, a word too many", "PROXY TCP4 10.1.2.3 127.0.0.1 1 2 3\r\n", Kind::bad},
      {"v1, a word missing", "PROXY TCP4 10.1.2.3 127.0.0.1 1\r\n", Kind::bad},
      {"v1, a large port", "PROXY TCP4 10.1.2.3 127.0.0.1 65536 2\r\n", Kind::bad},
      {"v1, a port with zeros", "PROXY TCP4 10.1.2.3 127.0.0.1 080 2\r\n", Kind::bad},
      {"v1, a signed port", "PROXY TCP4 10.1.2.3 127.0.0.1 -1 2\r\n", Kind::bad},
      {"v1, endless", "PROXY UNKNOWN " + std::string(200, 'x'), Kind::bad},
      {"v1, a bare line feed", "PROXY UNKNOWN\nGET / HTTP/1.1\r\n", Kind::bad},
      {"v2, IPv4", v2(bytes({0x21, 0x11, 0, 12}) + v4), Kind::client, "10.1.2.3:12345"},
      {"v2, IPv6", v2(bytes({0x21, 0x21, 0, 36}) + v6), Kind::client, "[::1]:12345"},
      {"v2, with extensions", v2(bytes({0x21, 0x11, 0, 16}) + v4 + bytes({4, 0, 1, 7})),
       Kind::client, "10.1.2.3:12345"},
      {"v2, local", v2(bytes({0x20, 0x00, 0, 0})), Kind::local},
      {"v2, local with an address", v2(bytes({0x20, 0x11, 0, 12}) + v4), Kind::local},
      {"v2, a unix socket", v2(bytes({0x21, 0x31, 0, 216}) + std::string(216, 'x')), Kind::local},
      {"v2, too short for itself", v2(bytes({0x21, 0x11, 0, 11}) + v4), Kind::bad},
      {"v2, version 1", v2(bytes({0x11, 0x11, 0, 12}) + v4), Kind::bad},
      {"v2, an unknown command", v2(bytes({0x22, 0x11, 0, 12}) + v4), Kind::bad},
      {"v2, larger than anybody needs", v2(bytes({0x21, 0x11, 0xff, 0xff})), Kind::bad},
      {"a request", "GET / HTTP/1.1\r\n\r\n", Kind::bad},
      {"a method that begins alike", "PUT / HTTP/1.1\r\n", Kind::bad},
      {"a TLS hello", bytes({0x16, 0x03, 0x01}), Kind::bad},
      {"nothing", "", Kind::incomplete},
  };
  return all;
}

TEST(ProxyProtocol, IsReadOrRefused) {
  for (const Case& it : cases()) {
    const ProxyHeader header = read_proxy_header(it.input);
    EXPECT_EQ(header.kind, it.kind) << it.name;
    if (it.kind == Kind::client) {
      EXPECT_EQ(header.source.to_string(), it.source) << it.name;
    }
    if (it.kind == Kind::client || it.kind == Kind::local) {
      EXPECT_EQ(header.size, it.input.size()) << it.name;
    }
  }
}

// In pieces, and with a request behind it.
TEST(ProxyProtocol, IsTheSameHoweverItIsCut) {
  for (const Case& it : cases()) {
    if (it.kind != Kind::client && it.kind != Kind::local) continue;
    for (std::size_t size = 0; size < it.input.size(); ++size)
      EXPECT_EQ(read_proxy_header(it.input.substr(0, size)).kind, Kind::incomplete)
          << it.name << ' ' << size;
    const ProxyHeader header = read_proxy_header(it.input + "GET / HTTP/1.1\r\n");
    EXPECT_EQ(header.kind, it.kind) << it.name;
    EXPECT_EQ(header.size, it.input.size()) << it.name;
  }
}

TEST(ProxyProtocol, WritesWhatItReads) {
  const Address v4 = *Address::parse("10.1.2.3:12345");
  const Address v6 = *Address::parse("[2001:db8::1]:443");
  const Address file = *Address::parse("unix:/run/x");
  for (const ProxyVersion version : {ProxyVersion::v1, ProxyVersion::v2}) {
    const auto read = [&](const Address& from, const Address& to) {
      const std::string written = write_proxy_header(version, from, to);
      const ProxyHeader header = read_proxy_header(written);
      EXPECT_EQ(header.size, written.size());
      return header;
    };
    EXPECT_EQ(read(v4, v4).source.to_string(), "10.1.2.3:12345");
    EXPECT_EQ(read(v6, v6).source.to_string(), "[2001:db8::1]:443");
    EXPECT_EQ(read(v4, v6).source.ip_text(), "10.1.2.3");
    EXPECT_EQ(read(file, v4).kind, Kind::local);
  }
  EXPECT_EQ(write_proxy_header(ProxyVersion::v1, v4, v4),
            "PROXY TCP4 10.1.2.3 10.1.2.3 12345 12345\r\n");
}

}  // namespace
}  // namespace sluice::net
