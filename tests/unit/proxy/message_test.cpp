#include "proxy/message.hpp"

#include <set>

#include <gtest/gtest.h>

#include "base/ascii.hpp"
#include "proxy/failure.hpp"
#include "proxy/forwarded.hpp"
#include "proxy/reason.hpp"

namespace sluice::proxy {
namespace {

// ---- names -------------------------------------------------------------------------------------

TEST(IdentifyField, ManagedNamesInAnyCase) {
  const std::pair<const char*, FieldId> cases[] = {
      {"Host", FieldId::host},
      {"CONTENT-LENGTH", FieldId::content_length},
      {"transfer-encoding", FieldId::transfer_encoding},
      {"Connection", FieldId::connection},
      {"keep-alive", FieldId::keep_alive},
      {"Proxy-Connection", FieldId::proxy_connection},
      {"upgrade", FieldId::upgrade},
      {"TE", FieldId::te},
      {"Trailer", FieldId::trailer},
      {"Expect", FieldId::expect},
      {"HTTP2-Settings", FieldId::http2_settings},
      {"Forwarded", FieldId::forwarded},
      {"X-Forwarded-For", FieldId::x_forwarded_for},
      {"x-forwarded-proto", FieldId::x_forwarded_proto},
      {"X-Forwarded-Host", FieldId::x_forwarded_host},
      {"X-Request-ID", FieldId::x_request_id},
      {"TraceParent", FieldId::traceparent},
      {"X-Real-Ip", FieldId::x_forwarded_other},
      {"X-Forwarded-Port", FieldId::x_forwarded_other},
      {"X-Forwarded-Fo", FieldId::x_forwarded_other},
      {"Via", FieldId::via},
      {"Authorization", FieldId::authorization},
      {"User-Agent", FieldId::user_agent},
  };
  for (const auto& [name, id] : cases) EXPECT_EQ(identify_field(name), id) << name;
}

// One character of a managed name replaced by any other of a token.
TEST(IdentifyField, KnowsAManagedNameByAllOfItsCharacters) {
  for (const std::string_view name :
       {"te", "via", "host", "upgrade", "x-real-ip", "user-agent", "content-length",
        "http2-settings", "proxy-connection", "x-forwarded-client-cert"}) {
    const FieldId id = identify_field(name, Names::of_response);
    ASSERT_NE(id, FieldId::other) << name;
    for (std::size_t at = 0; at < name.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        const char c = static_cast<char>(value);
        std::string other(name);
        other[at] = c;
        if (!is_token(other)) continue;
        EXPECT_EQ(identify_field(other, Names::of_response) == id, to_lower(c) == name[at])
            << other;
      }
    }
  }
}

TEST(FieldList, FindsFieldsByKind) {
  FieldList fields;
  fields.add("a", "1", FieldId::other);
  fields.add("Host", "h", FieldId::host);
  fields.add("Via", "v", FieldId::via);
  const auto found = [&](FieldIds ids) {
    std::string values;
    fields.for_each(ids, [&](std::size_t i) { values += fields[i].value; });
    return values;
  };
  EXPECT_EQ(found(any_of(FieldId::host, FieldId::te)), "h");
  EXPECT_EQ(found(only(FieldId::te)), "");
  EXPECT_EQ(fields.value_of(FieldId::via), "v");
  fields.add("Via", "w", FieldId::via);
  EXPECT_EQ(found(any_of(FieldId::host, FieldId::via)), "hvw");
  EXPECT_EQ(fields.value_of(FieldId::via), "v") << "the first";
  EXPECT_EQ(fields.bytes(), std::string_view("a: 1##Host: h##Via: v##Via: w##").size());
  fields.clear();
  EXPECT_EQ(found(any_of(FieldId::host, FieldId::via)), "");
  EXPECT_EQ(fields.bytes(), 0U);
}

TEST(IdentifyField, OthersAreOther) {
  for (const char* name : {"X", "Accept", "Hosts", "Content-Lengths", "Content-Type", "Forwards",
                           "X-Forwardedness", "X-Forwarded", "T", "ContentLength", "X-Real-I",
                           "Connection1", "transferencoding", "a-very-long-name-beyond-them-all"})
    EXPECT_EQ(identify_field(name), FieldId::other) << name;
}

// Row 21: what CGI-like servers would read as a managed name.
TEST(IdentifyField, Aliases) {
  for (const char* name :
       {"X_Forwarded_For", "x_forwarded-for", "X.Forwarded.For", "x-forwarded_FOR",
        "X--Forwarded-For", "-X-Forwarded-For", "X-Forwarded-For-", "Author_ization", "My_Field",
        "_", "Host_", "X~Request~Id", "T_E"})
    EXPECT_EQ(identify_field(name), FieldId::alias) << name;
  for (const char* name :
       {"Content_Length", "content.length", "CONTENT!LENGTH", "Transfer_Encoding",
        "transfer-encoding_", "Content--Length", "Content-Length."})
    EXPECT_EQ(identify_field(name), FieldId::framing_alias) << name;
}

TEST(Methods, AreKnownByTheirExactCase) {
  EXPECT_EQ(identify_method("GET"), Method::get);
  EXPECT_EQ(identify_method("DELETE"), Method::delete_);
  for (const char* name : {"get", "Get", "GETS", "", "PROPFIND"})
    EXPECT_EQ(identify_method(name), Method::other) << name;
  for (std::size_t i = 0; i + 1 < kMethodCount; ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(identify_method(to_string(method)), method);
  }
}

TEST(Methods, IdempotentOnesAreThoseOfTheRfc) {
  for (const Method method :
       {Method::get, Method::head, Method::put, Method::delete_, Method::options, Method::trace})
    EXPECT_TRUE(is_idempotent(method));
  for (const Method method : {Method::post, Method::patch, Method::connect, Method::other})
    EXPECT_FALSE(is_idempotent(method));
}

// ---- the failure table -------------------------------------------------------------------------

TEST(FailureTable, EveryRowIsUsable) {
  std::set<std::string_view> labels;
  for (const Treatment& row : kTreatments) {
    EXPECT_TRUE(labels.insert(row.label).second) << row.label << " twice";
    if (row.kind == FailureKind::none) continue;
    EXPECT_TRUE(row.status == 0 || row.status == 308 || (row.status >= 400 && row.status <= 599))
        << row.label;
    EXPECT_TRUE(row.status == 0 || !reason_of(row.status).empty()) << row.label;
    EXPECT_EQ(row.label.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
    // What a client did wrong must not count against an upstream, nor the other way round.
    EXPECT_TRUE(row.blame != Blame::client || row.status <= 505) << row.label;
    EXPECT_TRUE(row.blame != Blame::upstream || row.status >= 500) << row.label;
  }
}

TEST(FailureTable, OnlyWhatSentNothingIsTriedElsewhereWhateverTheMethod) {
  for (const Treatment& row : kTreatments) {
    const bool connecting = row.kind == FailureKind::connect_failed ||
                            row.kind == FailureKind::connect_timeout ||
                            row.kind == FailureKind::tls_failed;
    EXPECT_EQ(row.retry == Retry::connect_failure, connecting) << row.label;
    EXPECT_EQ(row.retry == Retry::queue_full, row.kind == FailureKind::queue_full) << row.label;
  }
}

// ---- who the client is -------------------------------------------------------------------------

net::CidrSet cidrs(const std::vector<std::string>& texts) {
  return *net::CidrSet::parse(texts);
}

// Row 22: counted from the right, over trusted hops only.
TEST(BelievedClient, IsTheRightmostThatIsNotTrusted) {
  const net::CidrSet trusted = cidrs({"10.0.0.0/8", "::1"});
  const std::pair<const char*, const char*> cases[] = {
      {"", "10.0.0.1"},
      {"1.1.1.1", "1.1.1.1"},
      {"6.6.6.6, 1.1.1.1", "1.1.1.1"},
      {"6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"},
      {"6.6.6.6,1.1.1.1,10.0.0.2,::1", "1.1.1.1"},
      {"10.0.0.3, 10.0.0.2", "10.0.0.3"},
      {"1.1.1.1, unknown", "10.0.0.1"},
      {"1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"},
      {"1.1.1.1,, 10.0.0.2", "10.0.0.2"},
      {"1.1.1.1, 10.0.0.2:443", "10.0.0.1"},
      {"2001:db8::1", "2001:db8::1"},
      {"1.1.1.1, 10.0.0.999", "10.0.0.1"},
  };
  for (const auto& [chain, client] : cases)
    EXPECT_EQ(believed_client(chain, "10.0.0.1", trusted), client) << chain;
}

TEST(Forwarding, AStrangerIsTheClient) {
  RequestHead head;
  head.authority = "shop.example";
  head.fields.add("X-Forwarded-For", "1.1.1.1", FieldId::x_forwarded_for);
  head.fields.add("X-Forwarded-Proto", "https", FieldId::x_forwarded_proto);
  head.fields.add("X-Request-Id", "mine", FieldId::x_request_id);
  Xoshiro256 random(1);
  ForwardingBuilder builder;
  const Peer peer{.ip = "9.9.9.9"};
  const Forwarding out = builder.build(head, peer, cidrs({}), random);
  EXPECT_EQ(out.client_ip, "9.9.9.9");
  EXPECT_EQ(out.forwarded_for, "9.9.9.9");
  EXPECT_EQ(out.proto, "http");
  EXPECT_EQ(out.host, "shop.example");
  EXPECT_NE(out.request_id, "mine");
  EXPECT_FALSE(out.secure);
}

TEST(Forwarding, ATrustedPeersChainIsJoinedAndBelieved) {
  RequestHead head;
  head.authority = "shop.example";
  head.fields.add("X-Forwarded-For", "6.6.6.6", FieldId::x_forwarded_for);
  head.fields.add("X-Forwarded-For", "1.1.1.1, 10.0.0.2", FieldId::x_forwarded_for);
  head.fields.add("X-Forwarded-Proto", "https", FieldId::x_forwarded_proto);
  Xoshiro256 random(1);
  ForwardingBuilder builder;
  const Peer peer{.ip = "10.0.0.1", .trusted = true};
  const Forwarding out = builder.build(head, peer, cidrs({"10.0.0.0/8"}), random);
  EXPECT_EQ(out.forwarded_for, "6.6.6.6, 1.1.1.1, 10.0.0.2, 10.0.0.1");
  EXPECT_EQ(out.client_ip, "1.1.1.1");
  EXPECT_TRUE(out.secure);
}

TEST(Forwarding, ATrustedPeerWithoutAChainIsTheClient) {
  RequestHead head;
  head.fields.add("X-Forwarded-Proto", "gopher", FieldId::x_forwarded_proto);
  Xoshiro256 random(1);
  ForwardingBuilder builder;
  const Peer peer{.ip = "10.0.0.1", .trusted = true};
  const Forwarding out = builder.build(head, peer, cidrs({"10.0.0.0/8"}), random);
  EXPECT_EQ(out.forwarded_for, "10.0.0.1");
  EXPECT_EQ(out.client_ip, "10.0.0.1");
  EXPECT_EQ(out.proto, "http");
}

TEST(Traceparent, Validity) {
  EXPECT_TRUE(is_valid_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  for (const char* bad : {"", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                          "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x"})
    EXPECT_FALSE(is_valid_traceparent(bad)) << bad;
}

TEST(RequestId, Sanity) {
  EXPECT_TRUE(is_sane_request_id("a"));
  EXPECT_TRUE(is_sane_request_id(std::string(128, 'a')));
  for (const std::string& bad : {std::string(), std::string(129, 'a'), std::string("a b"),
                                 std::string("a\"b"), std::string("a\r\nb")})
    EXPECT_FALSE(is_sane_request_id(bad)) << bad;
}

}  // namespace
}  // namespace sluice::proxy
