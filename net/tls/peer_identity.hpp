#pragma once
// What a client's certificate says, as upstreams read it: Hash, Subject, URI and DNS names in the
// manner of Envoy's X-Forwarded-Client-Cert.
//
// Path: once a connection. Invariant: fit for a header field, whatever the certificate holds.
#include <string>

#include <openssl/x509.h>

namespace sluice::net::tls {

std::string describe_peer(X509& certificate);

}  // namespace sluice::net::tls
