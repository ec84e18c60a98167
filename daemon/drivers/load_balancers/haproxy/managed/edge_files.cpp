#include "daemon/drivers/load_balancers/haproxy/managed/edge_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/drivers/load_balancers/haproxy/slots.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::haproxy {
namespace {

constexpr Duration connect_timeout{500};
constexpr Duration check_pause{500};  // a slot's first check comes after one of them at the latest

// A text as one word of the configuration.
std::string config_word(std::string_view text) {
  std::string word = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '$') word += '\\';
    word += c;
  }
  return word + '"';
}

// The same where HAProxy would look for %[…].
std::string config_format(std::string_view text) {
  std::string plain;
  for (const char c : text) plain += c == '%' ? "%%" : std::string(1, c);
  return config_word(plain);
}

std::string included(const EdgeState& state, const std::string& name) {
  const auto found = state.includes.find(name);
  if (found == state.includes.end()) return {};
  return fmt::format("{}{}\n{}{}\n", include_begin, name, found->second, include_end);
}

std::string global_section(const EdgePlace& place) {
  const auto group = place.group < 0 ? std::string{} : fmt::format(" gid {}", place.group);
  return fmt::format(
      R"(# Written by teald, and written anew whenever something changes: what is edited here is lost.
# haproxy -W -f {0}/haproxy.cfg

global
    log stdout format raw local0 notice
    maxconn 8000
    no strict-limits
    stats socket {0}/admin.sock mode 660{1} level admin expose-fd listeners
    stats timeout 1m
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
    ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
.if defined(TEAL_EDGE_USER)
    user "${{TEAL_EDGE_USER}}"
.endif
.if defined(TEAL_EDGE_GROUP)
    group "${{TEAL_EDGE_GROUP}}"
.endif
)",
      place.directory, group);
}

// Short, so that a dead replica is noticed at once. Retries are of connections that could not be made only, so no
// request is sent twice; where requests are held, they also are what they wait with.
constexpr std::string_view defaults_section = R"(
defaults teal
    mode http
    log global
    option dontlognull
    timeout connect 500ms
    timeout client 5m
    timeout server 5m
    timeout client-fin 30s
    timeout tunnel 24h
    timeout queue 30s
    timeout http-request 10s
    timeout http-keep-alive 60s
    option idle-close-on-response
    retries 3
    option redispatch 1
)";

// What sections of people's own begin with: those of Teal's name theirs, and HAProxy wants no mixture.
constexpr std::string_view own_sections_defaults = R"(
defaults
    mode http
    log global
    timeout connect 500ms
    timeout client 5m
    timeout server 5m
)";

std::string bind_line(const EdgePlace& place, const EdgeListener& listener) {
  const bool is_v6 = listener.host.find(':') != std::string::npos;
  const auto host = is_v6 ? "[" + listener.host + "]" : listener.host;
  auto line = fmt::format("    bind {}:{}", host, listener.port);
  // Without a certificate that fits there is no connection; and a folder without any does not keep it from starting.
  if (listener.tls)
    line += fmt::format(" ssl crt-list {} strict-sni alpn h2,http/1.1", place.file("certificates.list"));
  return line + '\n';
}

std::string redirect_lines(const EdgePlace& place) {
  const auto tls = std::ranges::find(place.listen, true, &EdgeListener::tls);
  if (tls == place.listen.end()) return {};
  const auto target = tls->port == 443 ? std::string{"scheme https"}
                                       : fmt::format("location https://%[var(txn.teal_host)]:{}%[pathq]", tls->port);
  std::string lines;
  for (const std::string_view name : {"", ",regsub(^[^.]+,*)"}) {
    lines += fmt::format(
        "    http-request redirect {} code 308 if !{{ ssl_fc }} {{ var(txn.teal_host){},map_str({}) -m found }} !{{ "
        "var(txn.teal_probed) -m found }}\n",
        target, name, place.file("tls.map"));
  }
  return lines;
}

std::string frontend_section(const EdgePlace& place, const EdgeState& state) {
  std::string text = "\nfrontend edge from teal\n";
  for (const auto& listener : place.listen) text += bind_line(place, listener);
  text += R"(    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Port %[dst_port]
    http-request set-header X-Forwarded-Proto https if { ssl_fc }
    http-request set-header X-Forwarded-Proto http if !{ ssl_fc }
    http-request set-var(txn.teal_host) req.hdr(host),host_only,lower
    http-request set-var(txn.teal_path) path
)";
  for (const auto& [backend, slots] : state.slots) {
    text += fmt::format("    http-request set-var(txn.teal_probed) str({}) if {{ req.hdr({}) -m str {} }}\n", backend,
                        probe_header, probe_value(state, backend));
  }
  text += fmt::format(R"(    http-request del-header {0}
    http-request set-var(txn.teal_backend) var(txn.teal_probed) if {{ var(txn.teal_probed) -m found }}
    http-request return status 200 content-type text/plain lf-string %[path,map_str({1})] if {{ path,map_str({1}) -m found }}
)",
                      probe_header, place.file("acme.map"));
  return text;
}

// What requests of a route meet before they go where it leads: people's own words may ask for txn.teal_backend.
// A request's own path with a slash at its end: so "/api/" begins "/api" and "/api/x", and does not begin "/apix".
std::string routing_lines(const EdgePlace& place, const EdgeState& state) {
  return fmt::format(R"(    http-request set-var(txn.teal_key) var(txn.teal_host),concat(,txn.teal_path,/)
    http-request set-var(txn.teal_wild) var(txn.teal_host),regsub(^[^.]+,*)
    http-request set-var(txn.teal_wild) var(txn.teal_wild),concat(,txn.teal_path,/)
    http-request set-var(txn.teal_any) str(*),concat(,txn.teal_path,/)
    http-request set-var(txn.teal_backend) var(txn.teal_key),map_beg({0}) if !{{ var(txn.teal_probed) -m found }}
    http-request set-var(txn.teal_backend) var(txn.teal_wild),map_beg({0}) if !{{ var(txn.teal_backend) -m found }}
    http-request set-var(txn.teal_backend) var(txn.teal_any),map_beg({0}) if !{{ var(txn.teal_backend) -m found }}
{3}    http-request return status 503 content-type text/html file {2} if {{ var(txn.teal_backend),map_str({1}) -m found }} !{{ var(txn.teal_probed) -m found }}
    http-request return status 404 content-type text/plain string "no route leads here\n" if !{{ var(txn.teal_backend) -m found }}
    use_backend %[var(txn.teal_backend)]
)",
                     place.file("routes.map"), place.file("maintenance.map"), place.file("maintenance.html"),
                     included(state, "frontend.cfg"));
}

bool is_literal(const spec::HealthCheck& health) {
  return std::ranges::all_of(health.headers,
                             [](const auto& header) { return header.second.kind == spec::ValueSource::Kind::Literal; });
}

// One request for all servers of a backend. While old and new replicas answer different ones, or where a header is
// known to teald alone, HAProxy looks whether they can be connected to, and teald's own checks say the rest.
const spec::HealthCheck* common_check(const std::vector<const EdgeClaim*>& claims) {
  if (claims.empty() || !is_literal(claims.front()->health)) return nullptr;
  const auto& first = claims.front()->health;
  const bool agree = std::ranges::all_of(claims, [&](const EdgeClaim* one) {
    return one->health.path == first.path && one->health.headers == first.headers &&
           one->health.expected_status == first.expected_status;
  });
  return agree ? &first : nullptr;
}

std::string check_lines(const std::vector<const EdgeClaim*>& claims) {
  const auto* check = common_check(claims);
  if (check == nullptr) return {};
  std::string headers;
  bool has_host = false;
  for (const auto& [name, value] : check->headers) {
    has_host = has_host || name == "Host" || name == "host";
    headers += fmt::format(" hdr {} {}", config_word(name), config_format(value.text));
  }
  if (!has_host) headers = " hdr Host localhost" + headers;
  return fmt::format(
      "    option httpchk\n    http-check send meth GET uri {} ver HTTP/1.1{}\n    http-check expect status {}-{}\n",
      config_word(check->path), headers, check->expected_status.first, check->expected_status.last);
}

// Checks come often, since that is how soon a new replica is taken in, and as many more of them may fail: together as
// long as the component says.
std::string pace_lines(const std::vector<const EdgeClaim*>& claims) {
  const auto check = claims.empty() ? spec::HealthCheck{} : claims.front()->health;
  const auto parts = std::max<Duration::rep>(1, (check.interval + check_pause - Duration{1}) / check_pause);
  const auto pause = std::max<Duration::rep>(10, check.interval.count() / parts);
  return fmt::format(
      "    timeout check {0}ms\n"
      "    default-server inter {1}ms fastinter {1}ms downinter {2}ms rise 1 fall {3} observe layer4 error-limit 10 "
      "on-error mark-down pool-purge-delay 5s\n",
      check.timeout.count(), pause, std::min<Duration::rep>(pause, 200), check.failures * parts);
}

std::string server_line(const std::string& name, const EdgeSlot& slot, std::string_view options, bool is_on) {
  const auto address = slot.address.empty() ? std::string{"127.0.0.1:1"} : slot.address;
  return fmt::format("    server {} {} {}{}\n", name, address, options, is_on ? "" : " disabled");
}

std::string backend_section(const EdgeState& state, const std::string& backend, const std::vector<EdgeSlot>& slots,
                            bool with_servers) {
  const auto claims = claims_of(state, backend);
  const auto longest = held(state, backend);
  auto text = fmt::format("\nbackend {} from teal\n    balance roundrobin\n    option allbackups\n", backend);
  text += check_lines(claims) + pace_lines(claims);
  if (longest > Duration{0}) {
    text += fmt::format("    retries {}\n", std::max<Duration::rep>(3, longest / connect_timeout));
    text +=
        fmt::format("    http-request deny deny_status 503 if {{ srv_is_up({}) }} {{ be_conn gt 1000 }}\n", held_name);
  }
  text += included(state, "backend.cfg") + included(state, fmt::format("backend.{}.cfg", backend));
  const EdgeSlot nobody;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& slot = with_servers ? slots[i] : nobody;
    text += server_line(slot_name(i), slot, "check", slot.state == SlotState::Open);
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& slot = with_servers ? slots[i] : nobody;
    text += server_line(open_name(i), slot, "backup", slot.state == SlotState::Open && slot.proven);
  }
  text += server_line(std::string{held_name}, nobody, "backup", with_servers && holds_requests(state, backend));
  return text;
}

// Whose the slots are, for whoever looks at the process, an old one of a reload too.
std::string tenancy_lines(const EdgeState& state) {
  std::string text;
  for (const auto& [backend, slots] : state.slots) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      for (const auto& name : {slot_name(i), open_name(i)})
        text += fmt::format("    set-var {} str({}/0/0)\n", tenancy_variable(backend, name), slots[i].replica);
    }
  }
  return text;
}

std::string configuration(const EdgePlace& place, const EdgeState& state, const std::string& structure,
                          bool with_servers) {
  auto text = global_section(place);
  text += fmt::format("    set-var {} str({})\n", structure_variable, structure);
  if (with_servers) text += tenancy_lines(state);
  text += included(state, "global.cfg");
  text += defaults_section;
  text += included(state, "defaults.cfg");
  text += frontend_section(place, state) + redirect_lines(place) + routing_lines(place, state);
  for (const auto& [backend, slots] : state.slots) text += backend_section(state, backend, slots, with_servers);
  if (state.includes.contains("sections.cfg")) text.append(own_sections_defaults).append(included(state, "sections.cfg"));
  return text;
}

}  // namespace

std::string_view included_backend(std::string_view name) {
  constexpr std::string_view before = "backend.";
  constexpr std::string_view after = ".cfg";
  if (!name.starts_with(before) || !name.ends_with(after) || name.size() <= before.size() + after.size()) return {};
  return name.substr(before.size(), name.size() - before.size() - after.size());
}

std::string probe_value(const EdgeState& state, std::string_view backend) {
  return fmt::format("{}.{}", state.secret, backend);
}

std::vector<std::pair<std::string, std::string>> files_referred_to() {
  return {{"routes.map", ""},
          {"maintenance.map", ""},
          {"maintenance.html",
           "<!doctype html><html><head><title>Maintenance</title></head><body><h1>Down for maintenance</h1>"
           "<p>Please try again in a few minutes.</p></body></html>\n"},
          {"acme.map", ""},
          {"tls.map", ""},
          {"certificates.list", ""}};
}

EdgeFiles render(const EdgePlace& place, const EdgeState& state) {
  EdgeFiles made;
  made.structure = sha256_hex(configuration(place, state, "", false)).substr(0, 16);
  std::string routes;
  for (const auto& [key, backend] : state.routes) routes += fmt::format("{} {}\n", key, backend);
  made.files.emplace_back("haproxy.cfg", configuration(place, state, made.structure, true));
  made.files.emplace_back("routes.map", std::move(routes));
  std::string maintenance;
  for (const auto& [backend, one] : maintained(state)) maintenance += fmt::format("{} {}\n", backend, one);
  made.files.emplace_back("maintenance.map", std::move(maintenance));
  return made;
}

}  // namespace teal::haproxy
