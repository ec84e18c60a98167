// teal token create NAME --role R … | list | revoke NAME. Works on teald's file; teald need not run.
#include <fmt/format.h>
#include <pwd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <ostream>

#include "cli/expiry.hpp"
#include "cli/presentation/table.hpp"
#include "cli/tokens_edit.hpp"
#include "cli/verbs.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/foundation/digest.hpp"
#include "manifests/foundation/nearest.hpp"

namespace teal::cli {
namespace {

using access::Token;

struct TokenOptions {
  std::string name;
  std::string role;
  std::vector<std::string> applications;
  std::string expires;
  std::string file{default_tokens_file};
};

Result<Token> described(const TokenOptions& options) {
  Token token;
  token.name = options.name;
  token.role = access::parse_role(options.role).value_or(access::Role::Viewer);  // which the parser has checked
  token.applications = options.applications;
  if (!options.expires.empty()) {
    const auto expires = parse_expiry(options.expires, now());
    if (!expires) return within("--expires", expires.error());
    token.expires = *expires;
  }
  return token;
}

std::string joined(const std::vector<std::string>& words, std::string_view otherwise) {
  return words.empty() ? std::string{otherwise} : fmt::format("{}", fmt::join(words, ", "));
}

void explain(const Context& context, const TokenOptions& options, const Token& token, const TokensEdited& edited) {
  const auto& screen = context.screen;
  if (edited.created) {
    context.err << screen.text(fmt::format("{0} is new and belongs to {1}. A teald that runs as another user than {2} "
                                           "cannot read it: chown USER {0}",
                                           options.file, edited.owner,
                                           edited.owner == "root" ? "root" : edited.owner + " or root"))
                << '\n';
  }
  if (edited.lost_comments) {
    context.err << "warning: " << screen.text(fmt::format("the comments of {} are gone", options.file)) << '\n';
  }
  context.err << screen.text(fmt::format("{}: {} of {}, {}. The token is not shown again.", token.name,
                                         to_string(token.role), joined(token.applications, "all applications"),
                                         token.expires ? "good until " + format_time(*token.expires) : "good for ever"))
              << '\n';
}

std::string revocation(const TokenOptions& options) {
  const auto file =
      options.file == default_tokens_file ? std::string{} : " --file " + runtime::shell_word(options.file);
  return fmt::format("teal token revoke {}{}", options.name, file);
}

// Of the verbs that need a file.
Error without_file(Error error) {
  if (error.code == ErrorCode::not_found) error.message += "; `teal token create` makes it, --file FILE names another";
  return error;
}

ExitStatus create(const Context& context, const TokenOptions& options) {
  auto wanted = described(options);
  if (!wanted) return fail(context, wanted.error());
  const auto random = random_hex(32);
  if (!random) return fail(context, ExitStatus::Failed, "the system gave no random bytes");
  const auto secret = "teal_" + *random;
  wanted->sha256 = access::token_digest(secret);
  const auto edited = edit_tokens(options.file, true, [&](std::vector<Token>& tokens) -> Result<void> {
    if (std::ranges::find(tokens, wanted->name, &Token::name) != tokens.end()) {
      return Error{ErrorCode::conflict,
                   fmt::format("{}: there is a token {} already: choose another name, or first: {}", options.file,
                               wanted->name, revocation(options))};
    }
    tokens.push_back(*wanted);
    return {};
  });
  if (!edited) return fail(context, edited.error());
  explain(context, options, *wanted, *edited);
  context.out << secret << '\n';
  if (!context.out.flush()) {
    context.out.clear();  // it is said here
    return fail(context, ExitStatus::Failed,
                "the token could not be printed, so nobody has it: " + revocation(options));
  }
  return ExitStatus::Done;
}

std::string_view state_of(const Token& token, Time at) {
  return token.expires && *token.expires <= at ? "expired" : "active";
}

boost::json::object object_of(const Token& token, Time at) {
  boost::json::array applications;
  for (const auto& pattern : token.applications) applications.emplace_back(pattern);
  boost::json::object object{{"name", token.name}, {"role", to_string(token.role)}};
  if (!applications.empty()) object["applications"] = std::move(applications);
  if (token.expires) object["expires"] = format_time(*token.expires);
  object["state"] = state_of(token, at);
  return object;
}

ExitStatus list(const Context& context, const TokenOptions& options) {
  const auto tokens = access::read_tokens_file(options.file, access::TokensOwner::Anyone);
  if (!tokens) return fail(context, without_file(tokens.error()));
  const auto at = now();
  if (is_document(context.format)) {
    boost::json::array items;
    for (const auto& token : *tokens) items.push_back(object_of(token, at));
    print_document(context,
                   boost::json::object{{"apiVersion", "teal/v1"}, {"kind", "TokenList"}, {"items", std::move(items)}});
    return ExitStatus::Done;
  }
  if (tokens->empty()) {
    context.err << "There are no tokens in " << context.screen.text(options.file) << ".\n";
    return ExitStatus::Done;
  }
  Table table{{"NAME", "ROLE", "APPLICATIONS", "EXPIRES", "STATE"}};
  for (const auto& token : *tokens) {
    const auto state = state_of(token, at);
    table.add({{token.name},
               {std::string{to_string(token.role)}},
               {joined(token.applications, "all")},
               {token.expires ? format_time(*token.expires) : "never"},
               {std::string{state}, state == "active" ? Style::Good : Style::Bad}});
  }
  context.out << table.render(context.screen);
  return ExitStatus::Done;
}

ExitStatus revoke(const Context& context, const TokenOptions& options) {
  bool is_there = true;
  const auto edited = edit_tokens(options.file, false, [&](std::vector<Token>& tokens) -> Result<void> {
    if (std::erase_if(tokens, [&](const Token& token) { return token.name == options.name; }) > 0) return {};
    is_there = false;
    std::vector<std::string> names;
    for (const auto& token : tokens) names.push_back(token.name);
    return Error{ErrorCode::not_found,
                 fmt::format("{}: there is no token {}{}; `teal token list` shows those that there are", options.file,
                             options.name, suggestion(options.name, names))};
  });
  if (!edited) return fail(context, is_there ? without_file(edited.error()) : edited.error());
  if (edited->lost_comments) {
    context.err << "warning: " << context.screen.text(fmt::format("the comments of {} are gone", options.file)) << '\n';
  }
  context.out << context.screen.text(options.name) << " is revoked; teald refuses it within 5 s\n";
  return ExitStatus::Done;
}

CLI::App* action(CLI::App& app, const std::shared_ptr<TokenOptions>& options, const char* name, const char* summary) {
  auto* sub = app.add_subcommand(name, summary)->fallthrough();
  sub->add_option("--file", options->file, fmt::format("teald's file of tokens; default: {}", default_tokens_file))
      ->check([](const std::string& path) { return path.empty() ? std::string{"must not be empty"} : std::string{}; });
  return sub;
}

std::string check_name(const std::string& name) {
  if (access::is_token_name(name)) return {};
  return "takes 1 to 63 letters, digits and - . _, and begins with a letter or digit";
}

// The audit tells who it was by name: a token's must not be that of a user, who comes in by the Unix socket.
std::string check_new_name(const std::string& name) {
  if (const auto wrong = check_name(name); !wrong.empty()) return wrong;
  if (access::is_reserved_name(name)) {
    return fmt::format("no token may be called {}, which is a name that the audit reserves", name);
  }
  if (::getpwnam(name.c_str()) == nullptr) return {};
  return fmt::format(
      "no token may be called {0}, which is a user of this machine: in the audit one could be taken for the "
      "other; take another name, such as {0}-token",
      name);
}

CLI::Option* declare_name(CLI::App& app, const std::shared_ptr<TokenOptions>& options) {
  return app.add_option("NAME", options->name, "What it is called on record")->required();
}

}  // namespace

Handler declare_token(CLI::App& app) {
  auto options = std::make_shared<TokenOptions>();
  app.require_subcommand(1);
  app.footer("Each change rewrites the file: comments in it are lost.");
  auto* creating = action(app, options, "create", "Make a token, print it once, and add its hash to teald's file");
  declare_name(*creating, options)->check(check_new_name);
  creating->add_option("--role", options->role, "viewer, operator or admin")
      ->required()
      ->check([](const std::string& role) {
        return access::parse_role(role) ? std::string{}
                                        : fmt::format("unknown role {}: use viewer, operator or admin", role);
      });
  creating
      ->add_option("--applications", options->applications,
                   "Only these: names, or patterns such as generator-*, with commas between; default: all")
      ->delimiter(',')
      ->check([](const std::string& pattern) {
        return access::is_application_pattern(pattern)
                   ? std::string{}
                   : std::string{"takes names of a-z, 0-9 and -, and * for any of it"};
      });
  creating->add_option("--expires", options->expires, "Expiry: 90d, 12h, or 2027-01-01T00:00:00Z; default: never")
      ->check([](const std::string& text) { return text.empty() ? std::string{"must not be empty"} : std::string{}; });
  auto* listing = action(app, options, "list", "List the tokens and whether they are still good");
  auto* revoking = action(app, options, "revoke", "Take a token out of teald's file");
  declare_name(*revoking, options)->check(check_name);
  return [options, creating, listing](Context& context) {
    if (creating->parsed()) return create(context, *options);
    return listing->parsed() ? list(context, *options) : revoke(context, *options);
  };
}

}  // namespace teal::cli
