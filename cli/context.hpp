// What every verb gets: where and how to print, and which server to call.
#pragma once

#include <iosfwd>
#include <string>

#include "cli/exit_status.hpp"
#include "cli/presentation/document.hpp"
#include "cli/presentation/screen.hpp"
#include "cli/server.hpp"

namespace teal::cli {

struct Context {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  Screen screen;
  Format format = Format::Table;
  Server& server;
};

// "error: <message>", and the exit status that goes with it.
[[nodiscard]] ExitStatus fail(const Context& context, const Error& error);
[[nodiscard]] ExitStatus fail(const Context& context, ExitStatus status, std::string_view message);

// The document as it came, in context.format.
void print_document(const Context& context, const boost::json::value& value);

[[nodiscard]] Time now();

}  // namespace teal::cli
