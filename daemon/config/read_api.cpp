#include "daemon/config/read_api.hpp"

#include <fmt/format.h>

#include "daemon/config/address.hpp"
#include "daemon/config/fields.hpp"
#include "manifests/parse/fields.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::config {

using yaml::Field;
using yaml::Section;

static bool read(const Field& field, ListenAddress& out) {
  std::string text;
  if (!read(field, text)) return false;
  if (auto path = socket_path(text)) return out = UnixAddress{std::move(*path)}, true;
  if (auto address = tcp_address(text)) return out = std::move(*address), true;
  field.error(fmt::format("{} is not an address to listen on: expected unix:/run/teal/teal.sock or 127.0.0.1:7080",
                          yaml::in_quotes(text)));
  return false;
}

namespace {

void read_tls(const Field& field, std::optional<TlsConfig>& out) {
  if (!field.is_given()) return;
  Section section{field};
  auto& tls = out.emplace();
  read_path(section.need("certificate"), tls.certificate);
  read_path(section.need("key"), tls.key);
  read_path(section.get("clientCA"), tls.client_ca);
  section.finish();
}

void read_groups(const Field& field, std::map<std::string, access::Role>& out) {
  if (!field.is_given()) return;
  for (const auto& [group, value] : Section{field}.all()) {
    access::Role role{};
    if (yaml::read(value, role)) out[group] = role;
  }
}

void read_names(const Field& field, std::vector<std::string>& out) {
  if (!field.is_given()) return;
  read(field, out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!spec::is_host(out[i]))
      field.report->add(yaml::item_path(field.path, i), yaml::in_quotes(out[i]) + " is not a host name");
    for (auto& c : out[i]) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
}

// Who reaches an address that other machines reach must prove who they are, and be heard by nobody else.
void check_doors(const Field& listen, const ApiConfig& api) {
  const bool is_proved = api.tokens || (api.tls && api.tls->client_ca);
  if (api.tls && is_proved) return;
  for (std::size_t i = 0; i < api.listen.size(); ++i) {
    const auto* tcp = std::get_if<TcpAddress>(&api.listen[i]);
    if (tcp == nullptr || is_loopback(*tcp)) continue;
    listen.report->add(yaml::item_path(listen.path, i),
                       fmt::format("other machines reach {}, so it needs both api.tls: {{certificate: …, key: …}} and "
                                   "api.tokens: /etc/teal/tokens.yaml (or api.tls.clientCA); or listen on 127.0.0.1",
                                   to_string(api.listen[i])));
  }
}

}  // namespace

void read_api(const Field& field, ApiConfig& out) {
  Section section{field};
  const auto listen = section.get("listen");
  if (listen.is_given()) {
    out.listen.clear();
    read(listen, out.listen);
    if (out.listen.empty()) listen.error("expected at least one address");
    Unique addresses;
    for (std::size_t i = 0; i < out.listen.size() && i < listen.node->items.size(); ++i) {
      addresses.check(listen, i, listen.node->items[i].text, "");
    }
  }
  read_tls(section.get("tls"), out.tls);
  read_path(section.get("tokens"), out.tokens);
  read_groups(section.get("groups"), out.groups);
  read_names(section.get("names"), out.names);
  check_doors(listen, out);
  section.finish();
}

}  // namespace teal::config
