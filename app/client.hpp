#pragma once
// What client verbs have in common: ask, understand the answer, say in words what went wrong.
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "app/admin_address.hpp"

namespace sluice::app {

// Of every client verb that shows something.
struct ClientOptions {
  std::shared_ptr<AdminAddress> admin;
  std::string output;  // "text" or "json"
};
void add_client_options(CLI::App& verb, ClientOptions& options);

// Says on stderr what an answer that is an error says.
void complain_of(const AdminAnswer& answer);

// The answer's JSON, or nullopt after saying on stderr why there is none; `exit_code` tells then.
std::optional<boost::json::value> ask_json(const AdminAddress& admin, const AdminQuestion& question,
                                           int& exit_code);

// For a path: everything but unreserved characters as %XX (RFC 3986 section 2.3).
std::string percent_encoded(std::string_view text);

// {"blue":90,"canary":10} -> "blue=90 canary=10".
std::string weights_in_words(const boost::json::value& weights);

// `text` fit for a terminal: what would steer it (C0, C1, bidirectional overrides) as '?'.
std::string printable(std::string_view text);

// The member of that name as a text fit for a terminal; empty when it is none.
std::string text_of(const boost::json::object& object, std::string_view name);

// "-o json" of a verb: print `value` as it is.
void print_json(const boost::json::value& value);

}  // namespace sluice::app
