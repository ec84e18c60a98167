#include "daemon/drivers/registries/aws/profiles.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::aws {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r";
  const auto from = text.find_first_not_of(blank);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

// "[profile dev]" → "dev"; empty: a section that is none of a profile's.
std::string section_name(std::string_view name, bool is_config) {
  name = trimmed(name);
  if (!is_config || name == "default") return std::string{name};
  if (!name.starts_with("profile") || name.size() < 8 || (name[7] != ' ' && name[7] != '\t')) return {};
  name = trimmed(name.substr(8));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return std::string{name};
}

std::string_view without_comment(std::string_view value) {
  for (const std::string_view mark : {" #", " ;", "\t#", "\t;"}) value = value.substr(0, value.find(mark));
  return trimmed(value);
}

}  // namespace

Result<Profiles> parse_profiles(std::string_view text, const std::string& path, bool is_config) {
  Profiles profiles;
  Profile* current = nullptr;
  bool in_section = false;
  int number = 0;
  const auto wrong = [&](std::string_view what) {
    return Error{ErrorCode::invalid, fmt::format("{}:{}: {}", path, number, what)};
  };
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    const auto content = trimmed(line);
    if (content.empty() || content.starts_with('#') || content.starts_with(';')) continue;
    if (content.starts_with('[')) {
      const auto close = content.find(']');
      if (close == content.npos) return wrong("expected ] at the end of the section's name");
      const auto name = section_name(content.substr(1, close - 1), is_config);
      in_section = true;
      current = name.empty() ? nullptr : &profiles[name];
      continue;
    }
    if (!in_section) return wrong("expected a section such as [default] first");
    if (line.front() == ' ' || line.front() == '\t') continue;  // nested below the setting above
    const auto equals = content.find('=');
    if (equals == content.npos) return wrong("expected name = value");
    std::string name{trimmed(content.substr(0, equals))};
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (current != nullptr)
      (*current)[name] = masking::Secret{std::string{without_comment(content.substr(equals + 1))}};
  }
  return profiles;
}

std::string setting(const Profile& profile, const std::string& name) {
  const auto found = profile.find(name);
  return found == profile.end() ? std::string{} : found->second.reveal();
}

}  // namespace teal::aws
