#include "cli/context.hpp"

#include <chrono>
#include <ostream>

namespace teal::cli {

ExitStatus fail(const Context& context, const Error& error) {
  return fail(context, exit_status_of(error), error.message);
}

ExitStatus fail(const Context& context, ExitStatus status, std::string_view message) {
  context.out.flush();
  context.err << "error: " << context.screen.lines(message) << '\n';
  return status;
}

void print_document(const Context& context, const boost::json::value& value) {
  context.out << render_document(value, context.format);
}

Time now() { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }

}  // namespace teal::cli
