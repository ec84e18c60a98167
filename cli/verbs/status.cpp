// teal status APP [--watch]
//
// 0 when the status could be shown, whatever it says: `teal wait` is what tells success.
#include <boost/json/serialize.hpp>
#include <chrono>
#include <ostream>
#include <sstream>
#include <thread>

#include "cli/presentation/screen.hpp"
#include "cli/status_tree.hpp"
#include "cli/verbs.hpp"

namespace teal::cli {
namespace {

constexpr std::chrono::milliseconds redraw_interval{500};

struct Shown {
  boost::json::value document;
  boost::json::value rollout_document;
  ApplicationView application;
  std::optional<RolloutView> rollout;
};

Result<Shown> look(const Context& context, const std::string& name) {
  auto application = context.server.read(application_path(name, "/status"));
  if (!application) return application.error();
  Shown shown;
  shown.application = read_application(*application);
  shown.document = std::move(*application);
  if (shown.application.rollout.empty()) return shown;
  auto rollout = context.server.read(rollout_path(shown.application.rollout));
  // One that is not there (any more) still leaves the application to be shown.
  if (!rollout && rollout.error().code != ErrorCode::not_found) return rollout.error();
  if (rollout) {
    shown.rollout = read_rollout(*rollout);
    shown.rollout_document = std::move(*rollout);
  }
  return shown;
}

std::string render(const Context& context, const Shown& shown) {
  if (is_document(context.format)) return render_document(shown.document, context.format);
  return render_tree(
      status_tree(shown.application, shown.rollout, now(), context.format == Format::Wide, context.screen),
      context.screen);
}

// Repaints the terminal in place: the cursor goes home, every line is cut to the width and cleared to its end, since
// a line that wraps or scrolls would leave its old halves behind.
std::string repainted(const std::string& text, const Screen& screen) {
  std::string out = "\x1b[H";
  std::istringstream lines{text};
  std::string line;
  for (std::size_t row = 1; std::getline(lines, line); ++row) {
    if (screen.height > 1 && row + 1 >= screen.height) {
      out += "...\x1b[K\n";
      break;
    }
    out += (screen.width > 0 ? cut(line, screen.width, screen) : line) + "\x1b[K\n";
  }
  return out + "\x1b[J";
}

ExitStatus watch(const Context& context, const std::string& name) {
  std::string last;  // without the durations, which change all the time
  const bool in_place = context.screen.terminal && !is_document(context.format);
  for (bool first = true;; first = false) {
    const auto screen = in_place ? detect_screen() : context.screen;  // it may have been resized
    const auto shown = look(context, name);
    std::string text;
    std::string news;
    if (shown) {
      text = render(context, *shown);
      news = boost::json::serialize(shown->document) + boost::json::serialize(shown->rollout_document);
    } else if (first || shown.error().code == ErrorCode::not_found || shown.error().code == ErrorCode::denied) {
      return fail(context, shown.error());
    } else {
      // teald restarts: say so, and go on asking.
      text = screen.paint(screen.text(shown.error().message), Style::Bad) + '\n';
      news = text;
    }
    if (in_place) {
      if (first) context.out << "\x1b[2J";
      context.out << repainted(text, screen) << std::flush;
    } else if (news != last) {
      const auto separator = context.format == Format::Yaml ? "---\n" : is_document(context.format) ? "" : "\n";
      context.out << (first ? "" : separator) << text << std::flush;
    }
    if (!context.out) return fail(context, ExitStatus::Failed, "cannot write to standard output");
    last = news;
    std::this_thread::sleep_for(redraw_interval);
  }
}

ExitStatus status(const Context& context, const std::string& name, bool watching) {
  if (watching) return watch(context, name);
  const auto shown = look(context, name);
  if (!shown) return fail(context, shown.error());
  context.out << render(context, *shown);
  return ExitStatus::Done;
}

}  // namespace

Handler declare_status(CLI::App& app) {
  auto name = application_argument(app);
  auto watching = std::make_shared<bool>(false);
  app.add_flag("-w,--watch", *watching, "Go on until interrupted, redrawn as it changes");
  return [name, watching](Context& context) { return status(context, *name, *watching); };
}

}  // namespace teal::cli
