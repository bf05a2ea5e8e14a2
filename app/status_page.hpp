#pragma once
// What `sluice status` shows, as text. Pure.
#include <string>

#include <boost/json/value.hpp>

namespace sluice::app {

// `status`: the answer of GET /api/v1/status. One line each.
std::string status_lines(const boost::json::value& status);

// The same for somebody who watches: tables. Lines end with '\n'.
std::string status_page(const boost::json::value& status);

}  // namespace sluice::app
