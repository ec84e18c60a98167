// What `teal init` wants to know of an application of which nothing runs yet: from options, or asked for.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/init/draft.hpp"
#include "cli/presentation/screen.hpp"

namespace teal::cli {

inline constexpr std::string_view no_load_balancer = "none";
inline constexpr std::string_view no_migration = "none";

struct Wishes {
  std::string name;
  std::string image;  // repository[:tag][@digest]
  std::optional<int> port;
  std::string health;  // a path
  std::string host;
  std::optional<int> replicas;
  std::string load_balancer;  // "none" for none; empty: not said
  std::string migrate;        // the command of its migration job; "none" or empty: it has no migration
};

// What is wrong with an answer, empty when nothing is: also the checks of the options.
[[nodiscard]] std::string check_application_name(const std::string& text);
[[nodiscard]] std::string check_image(const std::string& text);
[[nodiscard]] std::string check_port(const std::string& text);
[[nodiscard]] std::string check_health_path(const std::string& text);
[[nodiscard]] std::string check_host(const std::string& text);
[[nodiscard]] std::string check_replicas(const std::string& text);
[[nodiscard]] std::string check_load_balancer(const std::string& text);
[[nodiscard]] std::string check_command(const std::string& text);

// Asks for what is not known yet; a wrong answer is asked for again, an empty one is the default in brackets.
// Error: cancelled when the input ends.
[[nodiscard]] Result<Wishes> ask(Wishes known, const std::string& usual_load_balancer, std::istream& in,
                                 std::ostream& out, const Screen& screen);

// Yes or no; `usual` is the answer when nothing is said, and no when the input ends.
[[nodiscard]] bool ask_whether(std::string_view question, bool usual, std::istream& in, std::ostream& out);

// For those whom nobody can ask. Error: invalid, naming the options that are missing.
[[nodiscard]] Result<void> check_complete(const Wishes& wishes);

[[nodiscard]] Draft draft_of(const Wishes& wishes, const std::string& usual_load_balancer);

}  // namespace teal::cli
