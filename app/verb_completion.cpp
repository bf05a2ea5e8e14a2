// `sluice completion bash|zsh|fish`, `sluice man`: made from the definitions of the command line.
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/completion.hpp"
#include "app/man_page.hpp"
#include "app/verbs.hpp"

namespace sluice::app {

void add_completion(CLI::App& app, int&) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* const verb =
      app.add_subcommand("completion", "Print a script that lets a shell complete this program");
  verb->add_option("SHELL", *shell, "Of which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->footer("For example: source <(sluice completion bash)");
  verb->callback([&app, shell] {
    const auto verbs = words_of(app);
    std::cout << (*shell == "bash"  ? bash_completion(verbs)
                  : *shell == "zsh" ? zsh_completion(verbs)
                                    : fish_completion(verbs));
  });
}

void add_man(CLI::App& app, int&) {
  CLI::App* const verb = app.add_subcommand("man", "Print the manual page, as roff");
  verb->footer("For example: sluice man | man -l -");
  verb->callback([&app] { std::cout << man_page(words_of(app), SLUICE_VERSION); });
}

}  // namespace sluice::app
