#include "manifests/masking/mask_commands.hpp"

#include <algorithm>
#include <array>

#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::masking {
namespace {

constexpr std::size_t no_place = std::string_view::npos;
constexpr std::size_t longest_command_before = 256;
constexpr std::array<std::string_view, 5> user_options{"-u", "-U", "--user", "--proxy-user", "--auth"};

bool is_number(std::string_view text) { return std::ranges::all_of(text, is_digit); }

// --verbose, --log-level=info
bool is_plain_long_option(std::string_view word) {
  if (!word.starts_with("--")) return false;
  const auto name = word.substr(0, word.find('='));
  return std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

// gosu app:app, docker run --user app:app: a user and their group, which have one name more often than not.
bool is_user_and_group(std::string_view word) {
  const auto colon = word.find(':');
  return colon != no_place && word.substr(0, colon) == word.substr(colon + 1) && spec::is_container_user(word);
}

// The password of name:password; not of uid:gid, nor of an address or a path.
std::optional<TextSpan> behind_colon(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == no_place || colon + 1 == word.size()) return std::nullopt;
  const auto rest = word.substr(colon + 1);
  const bool is_place = rest.starts_with("//") || rest.starts_with('\\');
  if (is_place || (is_number(word.substr(0, colon)) && is_number(rest))) return std::nullopt;
  return TextSpan{colon + 1, word.size()};
}

// Where the value of --password:VALUE or /password:VALUE begins; 0: it is nothing of the kind.
std::size_t behind_telling_colon(std::string_view option) {
  const auto colon = option.find_first_of(":=");
  if (colon == no_place || option[colon] == '=' || colon + 1 == option.size()) return 0;
  const auto name = option.substr(0, colon);
  const bool is_option = name.starts_with("--") || (name.starts_with('/') && name.find('/', 1) == no_place);
  const bool is_port = is_number(option.substr(colon + 1));
  return is_option && !is_port && spec::sounds_secret(name) ? colon + 1 : 0;
}

// Where name:password begins in --user=name:password and -uname:password; 0: it is nothing of the kind.
std::size_t user_and_secret(std::string_view option) {
  const auto equals = option.find('=');
  if (equals != no_place && std::ranges::find(user_options, option.substr(0, equals)) != user_options.end())
    return equals + 1;
  const bool is_attached = (option.starts_with("-u") || option.starts_with("-U")) && option.size() > 2;
  return is_attached && option.find(':') < equals ? 2 : 0;
}

}  // namespace

CommandProgram program_of(std::string_view word) {
  const auto slash = word.rfind('/');
  if (slash != no_place) word.remove_prefix(slash + 1);
  if (word.find_first_of(":.@") != no_place) return CommandProgram::Other;  // an image, a host, a file
  if (word.starts_with("mysql") || word.starts_with("mariadb")) return CommandProgram::MySql;
  if (word == "login" || word == "sshpass" || word == "mongo" || word == "mongosh" || word == "mongodump" ||
      word == "mongorestore")
    return CommandProgram::Behind_p;
  if (word == "curl" || word == "wget" || word == "http" || word == "https") return CommandProgram::Web;
  if (word.starts_with("ldap")) return CommandProgram::Behind_w;
  if (word == "openssl") return CommandProgram::Behind_k;
  if (word == "redis-cli" || word == "valkey-cli") return CommandProgram::Behind_a;
  if (word == "sqlplus" || word == "sqlldr" || word == "expdp" || word == "impdp") return CommandProgram::Oracle;
  return CommandProgram::Other;
}

void ProgramBefore::read_to(std::size_t place) {
  constexpr std::string_view between = " \t\"'`,[]()=\\";
  constexpr std::string_view between_commands = "\n;|&";
  const auto is_any = [](std::string_view set, char c) { return set.find(c) != no_place; };
  while (seen_ < place) {
    if (is_any(between_commands, text_[seen_])) named_.clear();
    auto end = seen_;
    while (end < place && !is_any(between, text_[end]) && !is_any(between_commands, text_[end])) ++end;
    const auto program = program_of(text_.substr(seen_, end - seen_));
    if (program != CommandProgram::Other) named_.push_back({seen_, program});
    seen_ = std::max(end, seen_ + 1);
  }
}

CommandProgram ProgramBefore::at(std::size_t place) {
  read_to(place);
  while (!named_.empty() && named_.front().from + longest_command_before < place) named_.pop_front();
  return named_.empty() || named_.front().from >= place ? CommandProgram::Other : named_.front().program;
}

NextWord next_word(std::string_view option, CommandProgram program) {
  if (is_secret_option(option)) return NextWord::Secret;
  if (std::ranges::find(user_options, option) != user_options.end())
    return program == CommandProgram::Web ? NextWord::UserAndSecret : NextWord::UserAndGroupOrSecret;
  const auto takes = [&](CommandProgram one, std::string_view its) { return program == one && option == its; };
  const bool is_password = takes(CommandProgram::Behind_p, "-p") || takes(CommandProgram::Behind_a, "-a") ||
                           takes(CommandProgram::Behind_w, "-w") || takes(CommandProgram::Behind_k, "-k") ||
                           takes(CommandProgram::Behind_k, "-K");
  return is_password ? NextWord::Secret : NextWord::Ordinary;
}

std::optional<TextSpan> secret_in_word(std::string_view word, NextWord holds) {
  if (holds == NextWord::Ordinary || is_plain_long_option(word)) return std::nullopt;
  if (holds == NextWord::UserAndGroupOrSecret && is_user_and_group(word)) return std::nullopt;
  if (holds != NextWord::Secret) return behind_colon(word);
  return TextSpan{0, word.size()};
}

std::optional<TextSpan> secret_in_option(std::string_view option, CommandProgram program) {
  const bool takes = program == CommandProgram::MySql || program == CommandProgram::Behind_p;
  const bool is_ports = option.find(':') != no_place && option.find_first_not_of("0123456789:", 2) == no_place;
  if (takes && option.starts_with("-p") && option.size() > 2 && !is_ports) return TextSpan{2, option.size()};
  if (const auto value = behind_telling_colon(option); value > 0) return TextSpan{value, option.size()};
  const auto value = user_and_secret(option);
  const auto holds = program == CommandProgram::Web ? NextWord::UserAndSecret : NextWord::UserAndGroupOrSecret;
  const auto found = value > 0 ? secret_in_word(option.substr(value), holds) : std::nullopt;
  return found ? std::optional{TextSpan{found->from + value, found->to + value}} : std::nullopt;
}

}  // namespace teal::masking
