// teal status [APP [--watch]]: all applications as `teal get` lists them, or one as a tree.
//
// 0 when the status could be shown, whatever it says: `teal wait` is what tells success.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <ostream>
#include <sstream>
#include <thread>

#include "cli/fields.hpp"
#include "cli/listing.hpp"
#include "cli/presentation/screen.hpp"
#include "cli/status_tree.hpp"
#include "cli/verbs.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Duration before_the_next_look{500};  // at a teald that is away
constexpr Duration between_readings{250};      // however much changes meanwhile
constexpr Duration between_paintings{1000};    // durations move on although nothing changes

struct Shown {
  boost::json::value document;
  boost::json::value rollout_document;
  ApplicationView application;
  std::optional<RolloutView> rollout;
};

// The rollout of what is shown.
Result<void> look_at_rollout(const Context& context, Shown& shown) {
  shown.rollout.reset();
  shown.rollout_document = nullptr;
  if (shown.application.rollout.empty()) return {};
  auto rollout = context.server.read(rollout_path(shown.application.rollout));
  // One that is not there (any more) still leaves the application to be shown.
  if (!rollout && rollout.error().code != ErrorCode::not_found) return rollout.error();
  if (rollout) {
    shown.rollout = read_rollout(*rollout);
    shown.rollout_document = std::move(*rollout);
  }
  return {};
}

Result<Shown> look(const Context& context, const std::string& name) {
  auto application = context.server.read(application_path(name, "/status"));
  if (!application) return application.error();
  Shown shown;
  shown.application = read_application(*application);
  shown.document = std::move(*application);
  if (const auto looked = look_at_rollout(context, shown); !looked) return looked.error();
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

// What changes is told by a watch; only the rollout is read then. A watch that ends is begun anew, for as long as there
// is something to see.
class Watching {
 public:
  Watching(const Context& context, std::string name) : context_(context), name_(std::move(name)) {}

  ExitStatus run() {
    for (bool first = true;; first = false) {
      auto shown = look(context_, name_);
      if (!shown && (first || is_final(shown.error()))) return fail(context_, shown.error());
      if (shown) {
        shown_ = std::move(*shown);
        show();
        if (const auto followed = follow(); !followed && is_final(followed.error()))
          return fail(context_, followed.error());
      } else {
        // teald restarts: say so, and go on asking.
        const auto text = context_.screen.paint(context_.screen.text(shown.error().message), Style::Bad) + '\n';
        show(text, text);
      }
      if (!context_.out) return fail(context_, ExitStatus::Failed, "cannot write to standard output");
      if (!shown || !gone_) std::this_thread::sleep_for(before_the_next_look);
      gone_ = false;
    }
  }

 private:
  static bool is_final(const Error& error) {
    return error.code == ErrorCode::not_found || error.code == ErrorCode::denied;
  }

  Result<void> follow() {
    rest_.clear();
    looked_ = {};
    changed_ = false;
    const auto seen = text_at(shown_.document, "/metadata/resourceVersion");
    Server stream{context_.server.url(), context_.server.access()};
    return stream.follow(
        "/apis/teal/v1/applications?watch=true&allowWatchBookmarks=true" +
            (seen.empty() ? "" : "&resourceVersion=" + percent_encode(seen)),
        [this](std::string_view text) { return take(text); }, between_readings);
  }

  // Lines come in pieces. False: look anew.
  bool take(std::string_view text) {
    rest_ += text;
    for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      take_line(std::string_view{rest_}.substr(0, end));
      rest_.erase(0, end + 1);
    }
    if (gone_) return false;
    if (changed_ && Clock::now() - looked_ >= between_readings) {
      changed_ = false;
      if (!look_at_rollout(context_, shown_)) return false;
      show();
    } else if (in_place() && Clock::now() - painted_ >= between_paintings) {
      show();
    }
    return context_.out.good();
  }

  void take_line(std::string_view line) {
    boost::system::error_code error;
    auto change = boost::json::parse(line, error);
    if (error || text_at(change, "/object/metadata/name") != name_) return;
    const auto type = text_at(change, "/type");
    if (type == "DELETED") gone_ = true;
    if (type != "ADDED" && type != "MODIFIED") return;
    shown_.document = std::move(change.as_object()["object"]);
    shown_.application = read_application(shown_.document);
    changed_ = true;
  }

  [[nodiscard]] bool in_place() const { return context_.screen.terminal && !is_document(context_.format); }

  void show() {
    looked_ = Clock::now();
    show(render(context_, shown_),
         boost::json::serialize(shown_.document) + boost::json::serialize(shown_.rollout_document));
  }

  // `news`: without the durations, which change all the time.
  void show(const std::string& text, const std::string& news) {
    painted_ = Clock::now();
    if (in_place()) {
      if (last_.empty()) context_.out << "\x1b[2J";
      context_.out << repainted(text, detect_screen()) << std::flush;  // it may have been resized
    } else if (news != last_) {
      const auto separator = context_.format == Format::Yaml ? "---\n" : is_document(context_.format) ? "" : "\n";
      context_.out << (last_.empty() ? "" : separator) << text << std::flush;
    }
    last_ = news;
  }

  const Context& context_;
  std::string name_;
  Shown shown_;
  std::string last_;
  std::string rest_;      // of the stream: a line that is not whole yet
  bool changed_ = false;  // since the rollout was read
  bool gone_ = false;     // the application, as the watch says
  Clock::time_point looked_;
  Clock::time_point painted_;
};

ExitStatus overview(const Context& context) {
  const auto applications = context.server.read("/apis/teal/v1/applications");
  if (!applications) return fail(context, applications.error());
  print_listing(context, *applications, "applications", table_of_applications);
  return ExitStatus::Done;
}

ExitStatus status(const Context& context, const std::string& name, bool watching) {
  if (name.empty() && watching) {
    return fail(context, ExitStatus::BadUsage, "--watch needs the name of one application: teal status APP --watch");
  }
  if (name.empty()) return overview(context);
  if (watching) return Watching{context, name}.run();
  const auto shown = look(context, name);
  if (!shown) return fail(context, shown.error());
  context.out << render(context, *shown);
  return ExitStatus::Done;
}

}  // namespace

Handler declare_status(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  app.add_option("APP", *name, "The application's name; without one, an overview of all")
      ->check([](const std::string& given) { return given.empty() ? "must not be empty" : ""; });
  auto watching = std::make_shared<bool>(false);
  app.add_flag("-w,--watch", *watching, "Go on until interrupted, redrawn as it changes; with APP");
  return [name, watching](Context& context) { return status(context, *name, *watching); };
}

}  // namespace teal::cli
