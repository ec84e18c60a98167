// teal kubeconfig [--name N]: what kubectl needs to know, from what this command line was given itself.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fstream>
#include <iterator>
#include <ostream>

#include "cli/verbs.hpp"
#include "daemon/access/tokens_file.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::cli {
namespace {

namespace json = boost::json;

Result<std::string> encoded_file(std::string_view option, const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{stream}, {}};
  if (!stream || text.empty()) {
    return Error{ErrorCode::invalid, fmt::format("{} {}: cannot be read, or is empty", option, path)};
  }
  return encode_base64(text);
}

Result<std::string> server_for_kubectl(const std::string& url) {
  const auto endpoint = http::parse_endpoint(url);
  if (!endpoint) return within("--server", endpoint.error());
  if (endpoint->unix_socket) {
    return Error{ErrorCode::invalid,
                 fmt::format("kubectl cannot use a Unix socket ({}): name an address of teald that it can, with "
                             "--server https://HOST:PORT or TEAL_SERVER",
                             url)};
  }
  return http::to_string(*endpoint);
}

Result<json::object> user_of(const Access& access, const std::string& token) {
  json::object user;
  if (!token.empty()) user["token"] = token;
  if (access.certificate.empty()) return user;
  const auto certificate = encoded_file("--certificate", access.certificate);
  if (!certificate) return certificate.error();
  const auto key = encoded_file("--key", access.key);
  if (!key) return key.error();
  user["client-certificate-data"] = *certificate;
  user["client-key-data"] = *key;
  return user;
}

Result<json::object> kubeconfig(const Server& server, const std::string& name) {
  const auto& access = server.access();
  const auto url = server_for_kubectl(server.url());
  if (!url) return url.error();
  const auto token = read_token(access);
  if (!token) return token.error();
  if (const auto fits = check_access(access, *http::parse_endpoint(server.url()), !token->empty()); !fits) {
    return fits.error();
  }
  json::object cluster{{"server", *url}};
  if (!access.ca.empty()) {
    const auto authority = encoded_file("--ca", access.ca);
    if (!authority) return authority.error();
    cluster["certificate-authority-data"] = *authority;
  }
  auto user = user_of(access, *token);
  if (!user) return user.error();
  const auto named = [&](std::string_view kind, json::object about) {
    return json::array{json::object{{"name", name}, {kind, std::move(about)}}};
  };
  return json::object{{"apiVersion", "v1"},
                      {"kind", "Config"},
                      {"clusters", named("cluster", std::move(cluster))},
                      {"users", named("user", std::move(*user))},
                      {"contexts", named("context", {{"cluster", name}, {"user", name}})},
                      {"current-context", name}};
}

ExitStatus print(const Context& context, const std::string& name) {
  const auto made = kubeconfig(context.server, name);
  if (!made) return fail(context, made.error());
  const auto& user = made->at("users").at(0).at("user").as_object();
  if (user.empty()) {
    context.err << "warning: there is neither a token nor a certificate in it: give --token-file or TEAL_TOKEN, or "
                   "--certificate and --key\n";
  } else {
    context.err << "It contains your credentials: keep it private (chmod 600).\n";
  }
  if (user.contains("token") &&
      made->at("clusters").at(0).at("cluster").at("server").as_string().starts_with("http://")) {
    context.err << "warning: kubectl sends no token over http://: give an https:// address with --server\n";
  }
  context.out << render_document(*made, context.format == Format::Json ? Format::Json : Format::Yaml);
  return ExitStatus::Done;
}

}  // namespace

Handler declare_kubeconfig(CLI::App& app) {
  auto name = std::make_shared<std::string>("teal");
  app.add_option("--name", *name, "What cluster, user and context are called; default: teal")
      ->check([](const std::string& text) {
        return access::is_token_name(text) ? std::string{} : std::string{"takes letters, digits and - . _"};
      });
  return [name](Context& context) { return print(context, *name); };
}

}  // namespace teal::cli
