// One verb of the command line, and the table of all of them.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <span>
#include <string_view>

#include "cli/context.hpp"

namespace teal::cli {

// What the verb's first positional argument names: for shell completion.
enum class Subject { Nothing, Application, Resource, File, Shell };

using Handler = std::function<ExitStatus(Context&)>;

struct Verb {
  std::string_view name;
  std::string_view summary;
  std::string_view group;  // the heading that it stands below in the help
  Subject subject;
  // Declares the verb's own options; what it returns is run once they are parsed.
  Handler (*declare)(CLI::App& options);
};

[[nodiscard]] std::span<const Verb> verbs();

// The required positional APP.
[[nodiscard]] std::shared_ptr<std::string> application_argument(CLI::App& options);

}  // namespace teal::cli
