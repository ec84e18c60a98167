// One entry of `registries:` in teald.yaml: the hosts it applies to, and how to log in.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "manifests/spec/application.hpp"

namespace teal::registries {

// No name and password: the entry is there for its TLS or its key.
struct AnonymousAccess {
  bool operator==(const AnonymousAccess&) const = default;
};

// An Amazon ECR token, asked for with AWS credentials.
struct EcrCredentials {
  std::optional<std::string> endpoint;  // URL of a private ECR API endpoint
  std::optional<std::string> region;    // default: the host's, else that of the AWS configuration
  std::optional<std::string> profile;   // of the AWS configuration files; then no other source is looked at

  bool operator==(const EcrCredentials&) const = default;
};

struct BasicCredentials {
  spec::ValueSource username;
  spec::ValueSource password;

  bool operator==(const BasicCredentials&) const = default;
};

// Docker's own config.json, with its credential helpers.
struct DockerConfigCredentials {
  std::optional<std::string> path;  // default: $DOCKER_CONFIG/config.json, else ~/.docker/config.json

  bool operator==(const DockerConfigCredentials&) const = default;
};

// Absolute paths of PEM files.
struct RegistryTls {
  std::optional<std::string> ca;           // instead of the system's authorities
  std::optional<std::string> certificate;  // of this client
  std::optional<std::string> key;

  bool operator==(const RegistryTls&) const = default;
};

struct CosignPolicy {
  std::string public_key;  // absolute path of a PEM file

  bool operator==(const CosignPolicy&) const = default;
};

struct RegistryRule {
  std::string host;  // host[:port]; "*" stands for any text. The first entry that fits counts.
  std::variant<AnonymousAccess, EcrCredentials, BasicCredentials, DockerConfigCredentials> credentials;
  std::optional<RegistryTls> tls;
  std::optional<CosignPolicy> cosign;

  bool operator==(const RegistryRule&) const = default;
};

// Whether `pattern` speaks for `host`, letter case aside.
[[nodiscard]] bool fits(std::string_view pattern, std::string_view host);

}  // namespace teal::registries
