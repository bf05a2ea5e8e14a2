#pragma once
// Why a check got no response, in words.
#include <string>

#include <boost/system/error_code.hpp>

namespace boost::asio {}
namespace boost::beast::http {}

namespace sluice::health {

namespace asio = boost::asio;
namespace http = boost::beast::http;

// Of a socket call, or of reading HTTP: "connection refused", "not HTTP: bad version".
std::string explain_failure(const boost::system::error_code& error);

// Whether the error says nothing of the peer: this process or machine had nothing left.
bool is_our_own(const boost::system::error_code& error) noexcept;

}  // namespace sluice::health
