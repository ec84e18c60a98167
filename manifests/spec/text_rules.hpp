// Syntax rules that other programs impose on names and values. Each function says yes or no; the caller words the
// error.
#pragma once

#include <string_view>

namespace teal::spec {

[[nodiscard]] bool is_dns_label(std::string_view text);  // RFC 1123: a-z, 0-9 and -, 1 to 63, not at the ends
[[nodiscard]] bool is_image(std::string_view text);      // repository, repository:tag or repository[:tag]@sha256:…
[[nodiscard]] bool is_image_tag(std::string_view text);  // Docker: [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}
[[nodiscard]] bool is_variable_name(
    std::string_view text);  // of the environment: letters, digits, _ . -, no digit first
[[nodiscard]] bool is_load_balancer_name(std::string_view text);  // letters, digits, . - _ :, up to 102
[[nodiscard]] bool is_foreign_container(std::string_view text);   // what Docker takes as a container's name
[[nodiscard]] bool is_balancer_server(std::string_view text);     // "edge/old1"
[[nodiscard]] bool is_route_host(std::string_view text);          // a DNS name in lower case
[[nodiscard]] bool is_route_path(std::string_view text);          // '/', then parts that no program rewrites
[[nodiscard]] bool is_absolute_path(std::string_view text);       // of one line, no ".." part
[[nodiscard]] bool is_mount_path(std::string_view text);          // the same without ':', which separates in mounts
[[nodiscard]] bool is_request_path(std::string_view text);        // of an HTTP request: '/', then visible ASCII
[[nodiscard]] bool is_json_pointer(std::string_view text);        // RFC 6901
[[nodiscard]] bool is_label_key(std::string_view text);           // Kubernetes: [prefix/]name
[[nodiscard]] bool is_label_value(std::string_view text);         // Kubernetes: up to 63 of letters, digits, _ . -
[[nodiscard]] bool is_signal(std::string_view text);              // SIGTERM, …
[[nodiscard]] bool is_capability(std::string_view text);          // ALL, or as capabilities(7) without CAP_
[[nodiscard]] bool is_container_user(std::string_view text);      // name|uid[:group|gid]
[[nodiscard]] bool is_host(std::string_view text);                // a DNS name or an IP address
[[nodiscard]] bool is_time_zone(std::string_view text);           // a name of the system's database; UTC always is
[[nodiscard]] bool has_control_character(std::string_view text);  // newline and tab included

// systemd's credentials: `name`, `$CREDENTIALS_DIRECTORY/name` or `${CREDENTIALS_DIRECTORY}/name`.
[[nodiscard]] bool is_credential_name(std::string_view text);

// A name under which a secret most likely stands: PASSWORD, TOKEN, KEY and the like are words of it, between separators
// or humps (DB__PASSWORD, api-key, clientSecret), and what it names at its end is no setting of one (…_FILE, …_USER,
// …_TTL, …_URL). MONKEY, KEYBOARD and AUTHOR are not.
[[nodiscard]] bool sounds_secret(std::string_view name);
// The same for names in any text, where a lone "key" or "auth" is an ordinary word: password, API_KEY, AccountKey.
[[nodiscard]] bool sounds_secret_anywhere(std::string_view name);
// The same of an HTTP header's name: Authorization, Cookie, X-Api-Key.
[[nodiscard]] bool is_secret_header(std::string_view name);
// Whether it is a number of tokens, MAX_TOKENS=4096, and no secret, however the name sounds.
[[nodiscard]] bool counts_tokens(std::string_view name, std::string_view value);
// A name of who or where: …_USER, …_HOST, DBNAME. Its value is no secret even among credentials.
[[nodiscard]] bool names_place(std::string_view name);

}  // namespace teal::spec
