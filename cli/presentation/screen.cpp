#include "cli/presentation/screen.hpp"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cstdint>
#include <cstdlib>

#include "manifests/api/tone.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::cli {
namespace {

std::string_view in_ascii(std::uint32_t point) {
  switch (point) {
    case 0x2192:
      return "->";
    case 0x2026:
      return "...";
    case 0x2013:
    case 0x2014:
      return "-";
    case 0x2018:
    case 0x2019:
      return "'";
    case 0x201c:
    case 0x201d:
      return "\"";
    default:  // every other character of Unicode
      return "?";
  }
}

std::string safe(std::string_view untrusted, bool unicode, bool keep_lines) {
  std::string out;
  out.reserve(untrusted.size());
  while (!untrusted.empty()) {
    const auto piece = take_character(untrusted);
    const bool space = piece.point == '\n' || piece.point == '\t' || piece.point == '\r';
    if (!piece.valid) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(piece.bytes.front()));
    } else if (space && keep_lines) {
      if (piece.point != '\r') {
        out += piece.bytes;
      } else if (!untrusted.starts_with('\n')) {
        out += "\\x0d";
      }
    } else if (space) {
      out += ' ';
    } else if (must_be_shown_as_code(piece.point)) {
      out += piece.point < 0x100 ? fmt::format("\\x{:02x}", piece.point) : fmt::format("\\u{:04x}", piece.point);
    } else if (!unicode && piece.point >= 0x80) {
      out += in_ascii(piece.point);
    } else {
      out += piece.bytes;
    }
  }
  return out;
}

std::string_view code_of(Style style) {
  switch (style) {
    case Style::Plain:
      return "";
    case Style::Good:
      return "\x1b[32m";
    case Style::Attention:
      return "\x1b[33m";
    case Style::Bad:
      return "\x1b[31m";
    case Style::Dim:
      return "\x1b[2m";
    case Style::Bold:
      return "\x1b[1m";
  }
  return "";
}

constexpr std::string_view end_of_style = "\x1b[0m";

// Our own colours are the only escape sequences in safe text: "\x1b[" to "m".
std::string_view take_escape(std::string_view& rest) {
  if (!rest.starts_with("\x1b[")) return {};
  const auto end = rest.find('m');
  const auto escape = rest.substr(0, end == std::string_view::npos ? rest.size() : end + 1);
  rest.remove_prefix(escape.size());
  return escape;
}

}  // namespace

std::string Screen::text(std::string_view untrusted) const { return safe(untrusted, unicode, false); }

std::string Screen::lines(std::string_view untrusted) const { return safe(untrusted, unicode, true); }

std::string Screen::paint(std::string_view safe_text, Style style) const {
  if (!color || style == Style::Plain || safe_text.empty()) return std::string{safe_text};
  return fmt::format("{}{}{}", code_of(style), safe_text, end_of_style);
}

Screen detect_screen() {
  const auto is_set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
  Screen screen;
  std::setlocale(LC_CTYPE, "");
  screen.unicode = std::string_view{nl_langinfo(CODESET)} == "UTF-8";
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::string_view{term} == "dumb";
  screen.terminal = isatty(STDOUT_FILENO) == 1 && !dumb;
  screen.color = screen.terminal && !is_set("NO_COLOR");
  winsize size{};
  if (screen.terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    screen.width = size.ws_col;
    screen.height = size.ws_row;
  }
  return screen;
}

std::size_t columns_of(std::string_view safe_text) {
  std::size_t columns = 0;
  while (!safe_text.empty()) {
    if (!take_escape(safe_text).empty()) continue;
    columns += columns_of_character(take_character(safe_text).point);
  }
  return columns;
}

std::string cut(std::string_view safe_text, std::size_t columns, const Screen& screen) {
  if (columns_of(safe_text) <= columns) return std::string{safe_text};
  const std::string_view ellipsis = screen.unicode ? "…" : "~";
  std::string out;
  std::size_t used = 0;
  bool styled = false;
  while (!safe_text.empty()) {
    if (const auto escape = take_escape(safe_text); !escape.empty()) {
      out += escape;
      styled = escape != end_of_style;
      continue;
    }
    const auto piece = take_character(safe_text);
    const auto wide = columns_of_character(piece.point);
    if (used + wide + 1 > columns) break;
    out += piece.bytes;
    used += wide;
  }
  if (columns > 0) out += ellipsis;
  if (styled) out += end_of_style;
  return out;
}

namespace {

Style style_of_tone(objects::Tone tone) {
  switch (tone) {
    case objects::Tone::Good:
      return Style::Good;
    case objects::Tone::Busy:
    case objects::Tone::Attention:
      return Style::Attention;
    case objects::Tone::Idle:
      return Style::Dim;
    case objects::Tone::Bad:
      return Style::Bad;
  }
  return Style::Plain;
}

}  // namespace

Style style_of(std::string_view word) {
  if (const auto phase = named<objects::ApplicationPhase>(word)) return style_of_tone(objects::tone_of(*phase));
  if (const auto phase = named<spec::Phase>(word)) return style_of_tone(objects::tone_of(*phase));
  // Of jobs, replicas, servers, conditions and events.
  constexpr std::array good{"Succeeded", "Up", "Running", "True", "Normal"};
  constexpr std::array bad{"Down", "Exited", "False", "Warning"};
  constexpr std::array dim{"NotNeeded", "NotRegistered", "Created"};
  if (std::ranges::find(good, word) != good.end()) return Style::Good;
  if (std::ranges::find(bad, word) != bad.end()) return Style::Bad;
  if (std::ranges::find(dim, word) != dim.end()) return Style::Dim;
  return word.empty() ? Style::Plain : Style::Attention;
}

}  // namespace teal::cli
