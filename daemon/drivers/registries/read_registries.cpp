#include "daemon/drivers/registries/read_registries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "daemon/config/address.hpp"
#include "daemon/config/fields.hpp"
#include "manifests/parse/fields.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::registries {

using yaml::Field;
using yaml::Section;

namespace {

void read_host(const Field& field, std::string& out) {
  if (!read(field, out)) return;
  auto literal = out;
  std::ranges::replace(literal, '*', '1');
  if (!spec::is_host(literal) && !config::tcp_address(literal)) {
    field.error("expected a registry's host[:port], in which * stands for any text");
  }
}

void read_word(const Field& field, std::string_view letters, std::string_view expected,
               std::optional<std::string>& out) {
  std::string text;
  if (!read(field, text)) return;
  if (text.empty() || text.size() > 128 || text.find_first_not_of(letters) != std::string::npos) {
    return field.error(fmt::format("expected {}", expected));
  }
  out = std::move(text);
}

void read_ecr(const Field& field, EcrCredentials& out) {
  Section section{field};
  config::read_url(section.get("endpoint"), out.endpoint);
  read_word(section.get("region"), "abcdefghijklmnopqrstuvwxyz0123456789-", "an AWS region such as eu-west-1",
            out.region);
  read_word(section.get("profile"), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@/:+-",
            "the name of an AWS profile", out.profile);
  section.finish();
}

void read_basic(const Field& field, BasicCredentials& out) {
  Section section{field};
  config::read_source(section.need("username"), out.username);
  config::read_source(section.need("password"), out.password);
  section.finish();
}

void read_tls(const Field& field, std::optional<RegistryTls>& out) {
  if (!field.is_given()) return;
  Section section{field};
  auto& tls = out.emplace();
  config::read_path(section.get("ca"), tls.ca);
  const auto certificate = section.get("certificate");
  const auto key = section.get("key");
  config::read_path(certificate, tls.certificate);
  config::read_path(key, tls.key);
  if (certificate.is_given() != key.is_given()) field.error("expected both certificate and key, or neither");
  section.finish();
}

void read_cosign(const Field& field, std::optional<CosignPolicy>& out) {
  if (!field.is_given()) return;
  Section section{field};
  config::read_path(section.need("publicKey"), out.emplace().public_key);
  section.finish();
}

}  // namespace

bool read(const Field& field, RegistryRule& out) {
  Section section{field};
  read_host(section.need("host"), out.host);
  const auto anonymous = section.get("anonymous");
  const auto ecr = section.get("ecr");
  const auto basic = section.get("basic");
  const auto config = section.get("dockerConfig");
  const int given = static_cast<int>(anonymous.is_given()) + static_cast<int>(ecr.is_given()) +
                    static_cast<int>(basic.is_given()) + static_cast<int>(config.is_given());
  if (given != 1) field.error("expected exactly one of ecr, basic, dockerConfig and anonymous");
  if (anonymous.is_given()) Section{anonymous}.finish();
  if (ecr.is_given()) read_ecr(ecr, out.credentials.emplace<EcrCredentials>());
  if (basic.is_given()) read_basic(basic, out.credentials.emplace<BasicCredentials>());
  if (config.is_given()) {
    Section file{config};
    config::read_path(file.get("path"), out.credentials.emplace<DockerConfigCredentials>().path);
    file.finish();
  }
  read_tls(section.get("tls"), out.tls);
  read_cosign(section.get("cosign"), out.cosign);
  section.finish();
  return section.is_mapping();
}

}  // namespace teal::registries
