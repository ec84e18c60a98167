#include "daemon/drivers/secrets/secret_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/runtime/program.hpp"
#include "daemon/runtime/secret_text.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/masking/mask.hpp"
#include "manifests/spec/text_rules.hpp"

extern "C" char** environ;

namespace teal::secrets {
namespace {

namespace json = boost::json;

constexpr std::size_t most_output = 64 << 10;
constexpr std::size_t most_complaint = 200;
constexpr std::size_t shortest_argument = 4;
constexpr std::size_t shortest_key = 16;  // of a word that looks like a key
constexpr std::string_view by_hand = "run it by hand, as the user that teald runs as, to see why";

std::string_view last_line(std::string_view text) {
  const auto is_space = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  if (const auto at = text.find_last_of("\r\n"); at != text.npos) text.remove_prefix(at + 1);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

// Letters and digits in one long word, as in tokens and keys; not in names, paths and words of a language.
bool looks_like_key(std::string_view word) {
  const auto any = [&](auto test) {
    return std::ranges::any_of(word, [&](char c) { return test(static_cast<unsigned char>(c)) != 0; });
  };
  return word.size() >= shortest_key && any([](int c) { return std::isdigit(c); }) &&
         any([](int c) { return std::isalpha(c); });
}

void mask_keys(std::string& text) {
  const auto in_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '+' || c == '~' || c == '.';
  };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && in_word(text[end])) ++end;
    if (looks_like_key(std::string_view{text}.substr(at, end - at))) {
      text.replace(at, end - at, "***");
      end = at + 3;
    }
    at = std::max(end, at + 1);
  }
}

// As they are masked in the spec: what a program is asked for may be a secret itself. Short ones too, as whole words.
void mask_arguments(std::string& text, const std::vector<std::string>& arguments) {
  const auto is_in_word = [&](std::size_t at) {
    return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
  };
  for (const auto& argument : arguments) {
    if (argument.size() < shortest_argument) continue;
    for (auto at = text.find(argument); at != text.npos; at = text.find(argument, at)) {
      const auto end = at + argument.size();
      const bool is_whole =
          !(at > 0 && is_in_word(at - 1) && is_in_word(at)) && !(is_in_word(end) && is_in_word(end - 1));
      if (is_whole) text.replace(at, argument.size(), "***");
      at += is_whole ? 3 : 1;
    }
  }
}

// What of teald's own environment nobody may read.
void add_own_variables(std::vector<masking::Secret>& found) {
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view entry{*variable};
    const auto equals = entry.find('=');
    if (equals != entry.npos && spec::sounds_secret(entry.substr(0, equals)))
      found.emplace_back(std::string{entry.substr(equals + 1)});
  }
}

// What a program needs to be found, to find its own files and to speak a language; all else is named beside it.
constexpr std::array<const char*, 3> always_given{"PATH", "HOME", "LANG"};

masking::SecretEnvironment environment_of(const SecretProgram& program) {
  auto all = program.environment;
  for (const char* name : always_given) {
    const char* value = std::getenv(name);
    const bool given = std::ranges::any_of(all, [&](const auto& variable) { return variable.first == name; });
    if (value != nullptr && !given) all.emplace_back(name, masking::Secret{value});
  }
  return all;
}

// {"value": "…"}: what stands there. Nothing: the output is not of that form.
Result<std::optional<masking::Secret>> enveloped(std::string_view output, const std::string& source) {
  const auto begin = output.find_first_not_of(" \t\r\n");
  if (begin == output.npos || output[begin] != '{') return std::optional<masking::Secret>{};
  const auto next = output.find_first_not_of(" \t\r\n", begin + 1);
  if (next == output.npos || output[next] != '"') return std::optional<masking::Secret>{};
  // What it is parsed into is wiped: it lies in this memory, all of it as long as there is no more of it than that.
  std::string memory(output.size() * 8 + 4096, '\0');
  std::optional<masking::Secret> value;
  boost::system::error_code error;
  bool text = true;
  {
    json::monotonic_resource resource{reinterpret_cast<unsigned char*>(memory.data()), memory.size()};
    const auto parsed = json::parse(output, error, &resource);
    const auto* object = error ? nullptr : parsed.if_object();
    const auto* found = object != nullptr && object->size() == 1 ? object->if_contains("value") : nullptr;
    text = found == nullptr || found->is_string();
    if (found != nullptr && text) value.emplace(std::string{found->get_string()});
  }
  masking::Secret::overwrite(memory);
  if (error) {
    return Error{ErrorCode::invalid,
                 fmt::format("{} prints JSON that is broken or ends too early; {} (a value that only looks like JSON "
                             "can be printed as {{\"value\": \"…\"}})",
                             source, by_hand)};
  }
  if (!text) return Error{ErrorCode::invalid, source + ": expected text as the \"value\" of what it prints"};
  return value;
}

// What others can change would run with teald's rights: the program, and the files that it is given, since one of them
// may be a script for a shell. A name without a path is looked up in teald's own PATH.
std::optional<Error> refuse_changeable(const std::vector<std::string>& command) {
  for (const auto& word : command) {
    const bool is_program = &word == &command.front();
    if (is_program ? word.find('/') == std::string::npos : !word.starts_with('/')) continue;
    const auto opened = runtime::open_trusted(word, runtime::PathKind::File);
    if (opened || opened.error().code != ErrorCode::denied) continue;
    return is_program ? opened.error() : within(word, opened.error());
  }
  return std::nullopt;
}

}  // namespace

std::string presentable_complaint(const masking::Secret& complaint, const masking::Secret& output,
                                  const std::vector<masking::Secret>& unspoken,
                                  const std::vector<std::string>& arguments) {
  std::vector<masking::Secret> secrets = unspoken;
  for (std::string_view printed = output.reveal(); !printed.empty();) {  // a line of it may be quoted
    const auto end = std::min(printed.find('\n'), printed.size());
    secrets.emplace_back(std::string{printed.substr(0, end)});
    printed.remove_prefix(std::min(end + 1, printed.size()));
  }
  add_own_variables(secrets);
  const masking::Mask mask{secrets};
  auto text = masking::masked_cut(last_line(complaint.reveal()), {&mask});
  mask_arguments(text, arguments);
  mask_keys(text);
  if (text.size() > most_complaint) text.resize(most_complaint);
  for (auto& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
  }
  return text;
}

Result<masking::Secret> read_secret_program(const SecretProgram& program) {
  const auto source = "fromExec " + (program.command.empty() ? std::string{} : program.command.front());
  if (program.command.empty()) return Error{ErrorCode::invalid, source + "names no program"};
  if (const auto refused = refuse_changeable(program.command)) return within(source, *refused);
  runtime::ProgramCall call;
  call.command = program.command;
  call.environment = environment_of(program);
  call.deadline = program.deadline;
  call.most_output = most_output;
  call.stopping = program.stopping;
  const auto end = runtime::run_program(call);
  if (!end) {
    auto error = within("fromExec", end.error());
    if (error.code == ErrorCode::not_found) error.message += ": install it, or give its path";
    if (error.code == ErrorCode::denied) error.message += ": make it executable for the user that teald runs as";
    if (error.code == ErrorCode::timed_out) error.message += fmt::format("; {}", by_hand);
    return error;
  }
  if (end->status != 0) {
    const std::vector<std::string> arguments(program.command.begin() + 1, program.command.end());
    const auto said = presentable_complaint(end->complaint, end->output, program.unspoken, arguments);
    return Error{ErrorCode::unavailable, fmt::format("{} failed with exit status {}{}; {}", source, end->status,
                                                     said.empty() ? "" : " (" + said + ")", by_hand)};
  }
  const std::string_view output = end->output.reveal();
  if (const auto defect = runtime::defect_of_value(output)) {
    return Error{ErrorCode::invalid, fmt::format("{} prints what cannot be a value: {}", source, *defect)};
  }
  auto inner = enveloped(output, source);
  if (!inner) return inner.error();
  const auto plain = runtime::without_newline(inner->has_value() ? std::string_view{(*inner)->reveal()} : output);
  if (plain.empty()) {
    return Error{ErrorCode::invalid, fmt::format("{} printed nothing; {}", source, by_hand)};
  }
  if (inner->has_value()) return std::move(**inner);
  return masking::Secret{std::string{plain}};
}

}  // namespace teal::secrets
