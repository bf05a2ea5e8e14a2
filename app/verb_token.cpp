// `sluice token new NAME ROLE`: a line for the tokens file, and the token itself, once.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "admin/tokens.hpp"
#include "app/verbs.hpp"

namespace sluice::app {

void add_token(CLI::App& app, int&) {
  CLI::App* const token = app.add_subcommand("token", "Make tokens for the admin API");
  token->require_subcommand(1);
  const auto name = std::make_shared<std::string>();
  const auto role = std::make_shared<std::string>();
  CLI::App* const verb = token->add_subcommand(
      "new", "Print a line for admin.tokens_file on stdout, and the token on stderr");
  verb->add_option("NAME", *name, "Whose it is")->required();
  verb->add_option("ROLE", *role, "viewer, operator or admin")
      ->required()
      ->check(CLI::IsMember({"viewer", "operator", "admin"}));
  verb->callback([name, role] {
    const std::string secret = admin::new_token();
    const std::string line = admin::token_line({*name, *admin::parse_role(*role)}, secret);
    std::vector<std::string> errors;
    (void)admin::Tokens::parse(line, errors);
    if (!errors.empty()) throw CLI::ValidationError("NAME", "letters, digits, _ . - @");
    std::cout << line << '\n' << std::flush;
    std::cerr << "token (shown once): " << secret << '\n';
  });
}

}  // namespace sluice::app
