#include "proxy/forwarded_field.hpp"

#include <gtest/gtest.h>

#include "proxy/forwarded.hpp"

namespace sluice::proxy {
namespace {

struct Row {
  std::string_view ip, host, proto, element;
};

TEST(ForwardedField, Elements) {
  const Row rows[] = {
      {"192.0.2.1", "shop.example", "https", "for=192.0.2.1;host=shop.example;proto=https"},
      {"192.0.2.1", "shop.example:8080", "http",
       "for=192.0.2.1;host=\"shop.example:8080\";proto=http"},
      {"2001:db8::1", "[::1]:80", "http", "for=\"[2001:db8::1]\";host=\"[::1]:80\";proto=http"},
      {"unix", "a", "http", "for=unknown;host=a;proto=http"},
      {"192.0.2.1", "", "http", "for=192.0.2.1;proto=http"},
      {"192.0.2.1", "a\";for=6.6.6.6", "http", "for=192.0.2.1;proto=http"},
      {"6.6.6.6, 1.1.1.1", "", "", "for=unknown"},
  };
  for (const Row& row : rows) {
    std::string out;
    append_forwarded(out, row.ip, row.host, row.proto);
    EXPECT_EQ(out, row.element);
  }
}

TEST(ForwardedField, AChainInItsOwnWords) {
  std::string out;
  append_forwarded_chain(out, "192.0.2.1, nobody, 2001:db8::1, ", "shop.example", "https");
  EXPECT_EQ(out, "for=192.0.2.1;host=shop.example;proto=https, for=unknown, for=\"[2001:db8::1]\"");
}

// What upstreams are told, by what came and from whom.
std::string told(bool trusted, std::string_view forwarded, std::string_view forwarded_for) {
  RequestHead head;
  head.authority = "shop.example";
  if (!forwarded.empty()) head.fields.add("Forwarded", forwarded, FieldId::forwarded);
  if (!forwarded_for.empty())
    head.fields.add("X-Forwarded-For", forwarded_for, FieldId::x_forwarded_for);
  Peer peer;
  peer.ip = "10.0.0.1";
  peer.trusted = trusted;
  peer.tells_forwarded = true;
  Xoshiro256 random(1);
  ForwardingBuilder builder;
  const std::vector<std::string> blocks{"10.0.0.0/8"};
  const net::CidrSet trusts = *net::CidrSet::parse(blocks);
  return std::string(builder.build(head, peer, trusts, random).forwarded);
}

TEST(ForwardedField, ContinuesTrustedPeersOnly) {
  const std::string ours = "for=10.0.0.1;host=shop.example;proto=http";
  EXPECT_EQ(told(false, "", ""), ours);
  EXPECT_EQ(told(false, "for=6.6.6.6", "6.6.6.6"), ours);
  EXPECT_EQ(told(true, "for=192.0.2.1", ""), "for=192.0.2.1, " + ours);
  EXPECT_EQ(told(true, "for=192.0.2.1", "192.0.2.7"), "for=192.0.2.1, " + ours);
  EXPECT_EQ(told(true, "", "192.0.2.7, 10.0.0.2"),
            "for=192.0.2.7;host=shop.example;proto=http, for=10.0.0.2, " + ours);
  EXPECT_EQ(told(true, "", ""), ours);
}

TEST(DropUntrusted, TakesWhatUpstreamsWouldBelieve) {
  for (const bool trusted : {false, true}) {
    FieldList fields;
    const std::pair<std::string_view, bool> rows[] = {
        {"Forwarded", true},
        {"X-Real-IP", true},
        {"x-forwarded-port", true},
        {"X-Forwarded-User", true},
        {"X-Forwarded-Prefix", true},
        {"X-Forwardedness", false},
        {"X-Team", false},
        {"x-forwarded-a-very-long-name-indeed", true}};
    for (const auto& row : rows) fields.add(row.first, "1", identify_field(row.first));
    Peer peer;
    peer.trusted = trusted;
    drop_untrusted(fields, peer);
    for (std::size_t i = 0; i < fields.size(); ++i)
      EXPECT_EQ(fields.dropped(i), rows[i].second && !trusted) << rows[i].first;
  }
}

}  // namespace
}  // namespace sluice::proxy
