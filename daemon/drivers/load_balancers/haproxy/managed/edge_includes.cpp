#include "daemon/drivers/load_balancers/haproxy/managed/edge_includes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "daemon/runtime/program.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::haproxy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_include = 256 << 10;
constexpr std::string_view free_sections = "sections.cfg";
constexpr std::array<std::string_view, 5> plain_names{"global.cfg", "defaults.cfg", "frontend.cfg", "backend.cfg",
                                                      free_sections};
constexpr std::array<std::string_view, 16> section_words{
    "global", "defaults", "frontend", "backend",     "listen",   "peers", "resolvers",   "mailers",
    "cache",  "program",  "userlist", "http-errors", "fcgi-app", "ring",  "log-forward", "crt-store"};

std::vector<std::string> include_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto at = fs::directory_iterator{folder, error}; !error && at != fs::directory_iterator{}; at.increment(error)) {
    auto name = at->path().filename().string();
    if (name.ends_with(".cfg") && !name.starts_with('.')) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  return names;
}

bool has_a_place(std::string_view name) {
  return std::ranges::find(plain_names, name) != plain_names.end() || !included_backend(name).empty();
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

std::string_view first_word(std::string_view line) {
  const auto begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin);
  return line.substr(0, line.find_first_of(" \t\r"));
}

// The lines of Teal's own that follow would belong to that section.
std::string misplaced_section(std::string_view text) {
  const auto lines = split_lines(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto word = first_word(lines[i]);
    if (std::ranges::find(section_words, word) == section_words.end()) continue;
    return fmt::format("line {} begins a section ({}): sections go into {}", i + 1, word, free_sections);
  }
  return {};
}

Result<std::string> read_include(const std::string& path) {
  const auto file = runtime::open_trusted(path, runtime::PathKind::File);
  if (!file) return file.error();
  auto text = runtime::read_text(file->number(), longest_include + 1);
  if (!text) return text;
  if (text->size() > longest_include) return Error{ErrorCode::invalid, "it is longer than 256 KiB"};
  if (text->find('\0') != std::string::npos) return Error{ErrorCode::invalid, "it is no text"};
  return text;
}

// Which file and line of the includes a line of the configuration came from; empty: it is Teal's own.
std::string origin(std::string_view configuration, std::size_t number) {
  const auto lines = split_lines(configuration);
  for (auto at = std::min(number, lines.size()); at > 0; --at) {
    const auto line = lines[at - 1];
    if (line.starts_with(include_end)) return {};
    if (!line.starts_with(include_begin)) continue;
    return fmt::format("{} line {}", line.substr(include_begin.size()), number - at);
  }
  return {};
}

// "[ALERT] (7) : config : parsing [/x/haproxy.cfg:12] : unknown keyword 'x' in 'backend' section": what stands after
// the place, and the place where it is one of people's.
std::string translated(std::string_view line, const std::string& path, std::string_view configuration) {
  const auto place = fmt::format("[{}:", path);
  const auto at = line.find(place);
  if (at == std::string_view::npos) {
    const auto said = line.find(" : ");
    return std::string{said == std::string_view::npos ? line : line.substr(said + 3)};
  }
  const auto rest = line.substr(at + place.size());
  std::size_t number = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  const auto end = rest.find(']');
  auto said = rest.substr(end == std::string_view::npos ? rest.size() : end + 1);
  said.remove_prefix(std::min(said.find_first_not_of(" :"), said.size()));
  const auto from = origin(configuration, number);
  return from.empty() ? std::string{said} : fmt::format("{}: {}", from, said);
}

std::string alerts_in(std::string_view complaint, const std::string& path, std::string_view configuration) {
  constexpr std::size_t most = 3;
  std::vector<std::string> all;
  for (const auto line : split_lines(complaint)) {
    // What it comes to in the end is nothing new.
    if (!line.starts_with("[ALERT]") || line.find("Fatal errors found") != std::string_view::npos ||
        line.find("Error(s) found in configuration") != std::string_view::npos)
      continue;
    all.push_back(translated(line, path, configuration));
  }
  if (all.empty()) return std::string{complaint.substr(0, 300)};
  std::string text;
  for (std::size_t i = 0; i < all.size() && i < most; ++i) text += (i > 0 ? "; " : "") + all[i];
  return text;
}

// A folder of its own that is gone with this.
class ScratchFolder {
 public:
  ScratchFolder() {
    auto pattern = (fs::temp_directory_path() / "teal-edge-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

EdgeIncludes::Stamps EdgeIncludes::stamps() const {
  Stamps found;
  if (folder_.empty()) return found;
  std::error_code ignored;
  FileStamp whole;
  if (fs::exists(folder_, ignored)) whole.size = 0;
  found.emplace("", whole);
  for (const auto& name : include_names(folder_)) found.emplace(name, stamp_of(folder_ + "/" + name));
  return found;
}

bool EdgeIncludes::has_changed() const { return !has_read_ || stamps() != seen_; }

Result<std::map<std::string, std::string>> EdgeIncludes::read() {
  seen_ = stamps();
  has_read_ = true;
  std::map<std::string, std::string> texts;
  if (folder_.empty()) return texts;
  const auto folder = runtime::open_trusted(folder_, runtime::PathKind::Folder);
  if (!folder) return within("include " + folder_, folder.error());
  for (const auto& name : include_names(folder_)) {
    const auto path = folder_ + "/" + name;
    if (!has_a_place(name)) {
      return Error{ErrorCode::invalid,
                   fmt::format("include {}: expected global.cfg, defaults.cfg, frontend.cfg, backend.cfg, "
                               "backend.NAME.cfg or sections.cfg",
                               path)};
    }
    auto text = read_include(path);
    if (!text) return within("include " + path, text.error());
    const auto misplaced = name == free_sections ? std::string{} : misplaced_section(*text);
    if (!misplaced.empty()) return Error{ErrorCode::invalid, fmt::format("include {}: {}", path, misplaced)};
    if (!text->ends_with('\n')) text->push_back('\n');
    texts.emplace(name, std::move(*text));
  }
  return texts;
}

Result<void> EdgeIncludes::judge(const EdgeState& state) const {
  if (state.includes.empty()) return {};
  const ScratchFolder scratch;
  if (scratch.path().empty()) return Error{ErrorCode::unavailable, "there is no folder to check an include in"};
  auto place = place_;
  place.directory = scratch.path();
  auto candidate = state;
  // One whose backend there is not yet is judged as well.
  for (const auto& [name, text] : state.includes) {
    const auto backend = included_backend(name);
    if (!backend.empty() && !candidate.slots.contains(std::string{backend}))
      add_slots(candidate.slots[std::string{backend}], 1);
  }
  const auto rendered = render(place, candidate);
  for (const auto& files : {files_referred_to(), rendered.files}) {
    for (const auto& [name, text] : files) {
      if (auto written = write_file(place.file(name), text, 0600); !written) return written;
    }
  }
  const auto path = place.file("haproxy.cfg");
  runtime::ProgramCall call;
  // It complains at length, beyond what is read of an error output.
  call.command = {"/bin/sh", "-c", "PATH=$PATH:/usr/local/sbin:/usr/sbin; exec \"$0\" -c -f \"$1\" 2>&1", program_,
                  path};
  const auto end = runtime::run_program(call);
  constexpr int cannot_run = 126;
  constexpr int no_program = 127;
  const bool has_judged = end && end->status != cannot_run && end->status != no_program;
  if (!has_judged) {
    return Error{
        ErrorCode::not_found,
        fmt::format("HAProxy has to judge the includes of {} before they are taken over, and {} cannot be run: "
                    "{}",
                    folder_, program_, end ? printable(end->output.reveal()) : end.error().message)};
  }
  if (end->status == 0) return {};
  auto said = alerts_in(end->output.reveal(), path, rendered.files.front().second);
  const auto folder = scratch.path() + "/";
  for (auto at = said.find(folder); at != std::string::npos; at = said.find(folder)) said.erase(at, folder.size());
  return Error{ErrorCode::invalid, fmt::format("HAProxy refuses what is in {}: {}", folder_, printable(said))};
}

}  // namespace teal::haproxy
