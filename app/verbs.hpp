#pragma once
// The verbs of the command line. Each add_x() registers one with its options and a callback that
// does the work and leaves the process's exit code in `exit_code` (0 unless it says otherwise).
// A new verb: one file verb_x.cpp, one line here, one in main.cpp.
namespace CLI {
class App;
}

namespace sluice::app {

// Exit codes that several verbs share.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

void add_run(CLI::App& app, int& exit_code);
void add_healthcheck(CLI::App& app, int& exit_code);
void add_validate(CLI::App& app, int& exit_code);
void add_config_show(CLI::App& app, int& exit_code);  // `config show`
void add_schema(CLI::App& app, int& exit_code);
void add_demo(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_weights(CLI::App& app, int& exit_code);
void add_rollout(CLI::App& app, int& exit_code);
void add_experiment(CLI::App& app, int& exit_code);
void add_guard(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_reload(CLI::App& app, int& exit_code);
void add_audit(CLI::App& app, int& exit_code);
void add_events(CLI::App& app, int& exit_code);
void add_token(CLI::App& app, int& exit_code);
void add_drain(CLI::App& app, int& exit_code);
void add_completion(CLI::App& app, int& exit_code);
void add_man(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

}  // namespace sluice::app
