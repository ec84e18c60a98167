#include "daemon/drivers/secrets/env_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/runtime/secret_text.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/foundation/utf16.hpp"

namespace teal::secrets {
namespace {

constexpr std::size_t most_line_bytes = 64 << 10;  // docker's own limit
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// What Unicode calls white space, as UTF-8; docker skips all of it before a name.
// So is a byte order mark: files of Windows that were joined have one in their middle, and nobody can see it.
constexpr auto spaces = std::to_array<std::string_view>({byte_order_mark,
                                                         " ",
                                                         "\t",
                                                         "\n",
                                                         "\v",
                                                         "\f",
                                                         "\r",
                                                         "\xC2\x85",
                                                         "\xC2\xA0",
                                                         "\xE1\x9A\x80",
                                                         "\xE2\x80\x80",
                                                         "\xE2\x80\x81",
                                                         "\xE2\x80\x82",
                                                         "\xE2\x80\x83",
                                                         "\xE2\x80\x84",
                                                         "\xE2\x80\x85",
                                                         "\xE2\x80\x86",
                                                         "\xE2\x80\x87",
                                                         "\xE2\x80\x88",
                                                         "\xE2\x80\x89",
                                                         "\xE2\x80\x8A",
                                                         "\xE2\x80\xA8",
                                                         "\xE2\x80\xA9",
                                                         "\xE2\x80\xAF",
                                                         "\xE2\x81\x9F",
                                                         "\xE3\x80\x80"});

std::string_view without_leading_space(std::string_view text) {
  for (;;) {
    const auto space = std::ranges::find_if(spaces, [&](std::string_view each) { return text.starts_with(each); });
    if (space == spaces.end()) return text;
    text.remove_prefix(space->size());
  }
}

std::optional<std::string_view> defect_of(std::string_view line) {
  if (line.size() >= most_line_bytes) return "the line is longer than 64 KiB";
  if (line.find('\0') != line.npos) return "the line holds a NUL byte";
  if (!is_utf8(line)) return "the line is not valid UTF-8";
  return std::nullopt;
}

std::optional<std::string_view> defect_of_name(std::string_view name) {
  if (name.empty()) return "there is no variable name before the \"=\"";
  if (name.starts_with("export "))
    return "export is the shell's: write NAME=value without it, and the value without quotes";
  if (name.find_first_of(" \t") != name.npos) return "the variable name holds white space (expected NAME=value)";
  return std::nullopt;
}

void put(masking::SecretEnvironment& variables, std::string_view name, masking::Secret value) {
  const auto known =
      std::ranges::find(variables, name, [](const auto& entry) -> std::string_view { return entry.first; });
  if (known != variables.end()) {
    known->second = std::move(value);
  } else {
    variables.emplace_back(std::string{name}, std::move(value));
  }
}

}  // namespace

Result<masking::SecretEnvironment> parse_env_file(std::string_view text, const std::string& path,
                                                  const OwnVariable& own) {
  masking::SecretEnvironment variables;
  if (is_utf16(text)) {
    return Error{ErrorCode::invalid, fmt::format("{}: is in UTF-16, as Windows writes it: save it as UTF-8", path)};
  }
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto invalid = [&](std::string_view what) {
      return Error{ErrorCode::invalid, fmt::format("{}:{}: {}", path, number, what)};
    };
    if (const auto defect = defect_of(line)) return invalid(*defect);
    line = without_leading_space(line);
    if (line.empty() || line.starts_with('#')) continue;
    const auto equals = line.find('=');
    const auto name = line.substr(0, equals);
    if (const auto defect = defect_of_name(name)) return invalid(*defect);
    if (equals != line.npos) {
      put(variables, name, masking::Secret{std::string{line.substr(equals + 1)}});
    } else if (!own) {
      return invalid(
          "a name without \"=\" takes teald's own variable, which only a file may do that root or teald's user owns "
          "and "
          "nobody else can write: write NAME=value");
    } else if (auto value = own(std::string{name})) {
      put(variables, name, std::move(*value));
    }
  }
  return variables;
}

}  // namespace teal::secrets
