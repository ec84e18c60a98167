#include "manifests/spec/text_rules.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

#include "manifests/foundation/text.hpp"

namespace teal::spec {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }

// Only such characters as `more` or letters and digits.
bool all_of(std::string_view text, std::string_view more) {
  return std::ranges::all_of(text,
                             [&](char c) { return is_alphanumeric(c) || more.find(c) != std::string_view::npos; });
}

// Calls `check` for each part between separators; false at the first that is not right.
template <class Check>
bool each_part(std::string_view text, char separator, Check check) {
  for (;;) {
    const auto end = text.find(separator);
    if (!check(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

// distribution/reference: [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*
bool is_repository_part(std::string_view part) {
  std::size_t i = 0;
  const auto word = [&] {
    const auto start = i;
    while (i < part.size() && (is_lower(part[i]) || is_digit(part[i]))) ++i;
    return i > start;
  };
  if (!word()) return false;
  while (i < part.size()) {
    if (part[i] == '-') {
      while (i < part.size() && part[i] == '-') ++i;
    } else if (part.substr(i).starts_with("__")) {
      i += 2;
    } else if (part[i] == '.' || part[i] == '_') {
      ++i;
    } else {
      return false;
    }
    if (!word()) return false;
  }
  return true;
}

bool is_port_number(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit) &&
         std::stoi(std::string{text}) <= 65535;
}

bool is_registry(std::string_view text) {
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && !is_port_number(text.substr(colon + 1))) return false;
  return is_host(text.substr(0, colon));
}

}  // namespace

bool is_dns_label(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_image_tag(std::string_view text) {
  return !text.empty() && text.size() <= 128 && (is_alphanumeric(text.front()) || text.front() == '_') &&
         all_of(text, "_.-");
}

bool is_image(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    const auto digest = text.substr(at + 1);
    if (!digest.starts_with("sha256:") || digest.size() != 7 + 64) return false;
    if (digest.find_first_not_of("0123456789abcdef", 7) != std::string_view::npos) return false;
    text = text.substr(0, at);
  }
  const auto last = text.find_last_of('/');
  const auto name = last == std::string_view::npos ? 0 : last + 1;
  if (const auto colon = text.find(':', name); colon != std::string_view::npos) {
    if (!is_image_tag(text.substr(colon + 1))) return false;
    text = text.substr(0, colon);
  }
  const auto first = text.substr(0, text.find('/'));
  const bool with_registry =
      first.size() < text.size() && (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  if (with_registry) {
    if (!is_registry(first)) return false;
    text.remove_prefix(first.size() + 1);
  }
  return each_part(text, '/', is_repository_part);
}

bool is_variable_name(std::string_view text) {
  return !text.empty() && text.size() <= 256 && !is_digit(text.front()) && all_of(text, "_.-");
}

bool is_load_balancer_name(std::string_view text) {
  return !text.empty() && text.size() <= 102 && all_of(text, ".-_:");
}

bool is_foreign_container(std::string_view text) {
  return text.size() >= 2 && text.size() <= 253 && is_alphanumeric(text.front()) && all_of(text, "_.-");
}

bool is_balancer_server(std::string_view text) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && is_load_balancer_name(text.substr(0, slash)) &&
         is_load_balancer_name(text.substr(slash + 1));
}

bool is_route_host(std::string_view text) {
  constexpr std::string_view any_label = "*.";
  if (text.starts_with(any_label) && text.size() <= 253) text.remove_prefix(any_label.size());
  return text.size() <= 253 && each_part(text, '.', [](std::string_view part) { return is_dns_label(part); });
}

bool is_route_path(std::string_view text) {
  if (!text.starts_with('/') || text.size() > 1024) return false;
  text.remove_prefix(1);
  if (text.empty()) return true;
  if (text.ends_with('/')) text.remove_suffix(1);
  return each_part(text, '/', [](std::string_view part) {
    return !part.empty() && part != "." && part != ".." && all_of(part, "._~@:+=,-");
  });
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_absolute_path(std::string_view text) {
  if (!text.starts_with('/') || text.size() > 4096 || has_control_character(text)) return false;
  return each_part(text, '/', [](std::string_view part) { return part != ".." && part.size() <= 255; });
}

bool is_credential_name(std::string_view text) {
  for (const std::string_view prefix : {"$CREDENTIALS_DIRECTORY/", "${CREDENTIALS_DIRECTORY}/"}) {
    if (text.starts_with(prefix)) {
      text.remove_prefix(prefix.size());
      break;
    }
  }
  return !text.empty() && text.size() <= 255 && text != "." && text != ".." && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool is_mount_path(std::string_view text) { return is_absolute_path(text) && text.find(':') == std::string_view::npos; }

bool is_request_path(std::string_view text) {
  return text.starts_with('/') && text.size() <= 2048 &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

bool is_json_pointer(std::string_view text) {
  if (text.empty()) return true;
  if (!text.starts_with('/') || text.size() > 1024) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  }
  return true;
}

bool is_label_value(std::string_view text) {
  if (text.empty()) return true;
  return text.size() <= 63 && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) && all_of(text, "_.-");
}

bool is_label_key(std::string_view text) {
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const auto prefix = text.substr(0, slash);
    if (prefix.size() > 253 || !each_part(prefix, '.', is_dns_label)) return false;
    text.remove_prefix(slash + 1);
  }
  return !text.empty() && is_label_value(text);
}

bool is_signal(std::string_view text) {
  static constexpr std::array<std::string_view, 8> known{"SIGTERM", "SIGINT",  "SIGQUIT",  "SIGHUP",
                                                         "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGKILL"};
  return std::ranges::find(known, text) != known.end();
}

bool is_capability(std::string_view text) {
  static constexpr std::array<std::string_view, 42> known{"ALL",
                                                          "AUDIT_CONTROL",
                                                          "AUDIT_READ",
                                                          "AUDIT_WRITE",
                                                          "BLOCK_SUSPEND",
                                                          "BPF",
                                                          "CHECKPOINT_RESTORE",
                                                          "CHOWN",
                                                          "DAC_OVERRIDE",
                                                          "DAC_READ_SEARCH",
                                                          "FOWNER",
                                                          "FSETID",
                                                          "IPC_LOCK",
                                                          "IPC_OWNER",
                                                          "KILL",
                                                          "LEASE",
                                                          "LINUX_IMMUTABLE",
                                                          "MAC_ADMIN",
                                                          "MAC_OVERRIDE",
                                                          "MKNOD",
                                                          "NET_ADMIN",
                                                          "NET_BIND_SERVICE",
                                                          "NET_BROADCAST",
                                                          "NET_RAW",
                                                          "PERFMON",
                                                          "SETFCAP",
                                                          "SETGID",
                                                          "SETPCAP",
                                                          "SETUID",
                                                          "SYSLOG",
                                                          "SYS_ADMIN",
                                                          "SYS_BOOT",
                                                          "SYS_CHROOT",
                                                          "SYS_MODULE",
                                                          "SYS_NICE",
                                                          "SYS_PACCT",
                                                          "SYS_PTRACE",
                                                          "SYS_RAWIO",
                                                          "SYS_RESOURCE",
                                                          "SYS_TIME",
                                                          "SYS_TTY_CONFIG",
                                                          "WAKE_ALARM"};
  return std::ranges::find(known, text) != known.end();
}

bool is_container_user(std::string_view text) {
  const auto is_one = [](std::string_view part) {
    if (part.empty() || part.size() > 64 || (!is_alphanumeric(part.front()) && part.front() != '_')) return false;
    if (!all_of(part, "_.-")) return false;
    constexpr std::string_view most = "2147483647";
    if (!std::ranges::all_of(part, is_digit)) return true;
    return part.size() < most.size() || (part.size() == most.size() && part <= most);
  };
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return is_one(text);
  return is_one(text.substr(0, colon)) && is_one(text.substr(colon + 1));
}

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  if (text.front() == '[' && text.back() == ']' && text.size() > 2) {
    return text.find_first_not_of("0123456789abcdefABCDEF:.", 1) == text.size() - 1;
  }
  return each_part(text, '.', [](std::string_view part) {
    return !part.empty() && part.size() <= 63 && part.front() != '-' && part.back() != '-' && all_of(part, "-_");
  });
}

bool is_time_zone(std::string_view text) {
  if (text == "UTC") return true;
  if (text.empty() || text.size() > 64 || !is_letter(text.front()) || !all_of(text, "_+-/")) return false;
  if (!each_part(text, '/', [](std::string_view part) { return !part.empty(); })) return false;
  std::error_code error;
  return std::filesystem::is_regular_file(std::filesystem::path{"/usr/share/zoneinfo"} / text, error);
}

}  // namespace teal::spec
