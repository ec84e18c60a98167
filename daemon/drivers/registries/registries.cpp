#include "daemon/drivers/registries/registries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/drivers/registries/cosign/signature.hpp"
#include "daemon/drivers/registries/digest.hpp"
#include "daemon/drivers/registries/docker_config/docker_config.hpp"
#include "daemon/drivers/registries/ecr/ecr_host.hpp"
#include "daemon/drivers/registries/ecr/ecr_tokens.hpp"
#include "daemon/drivers/registries/image_name.hpp"
#include "daemon/drivers/registries/registry_client.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::registries {
namespace {

using boost::asio::awaitable;
using SteadyClock = std::chrono::steady_clock;

std::string missing_entry(const std::string& host) {
  const bool ecr = ecr::parse_ecr_host(host).has_value();
  return fmt::format("give teald.yaml an entry for it and restart teald: registries: [{{host: {}, {}}}]",
                     ecr ? "\"*.dkr.ecr.*.amazonaws.com\"" : fmt::format("\"{}\"", host),
                     ecr ? "ecr: {}" : "basic: {username: …, password: {fromFile: …}}");
}

class Registries final : public ports::Registry {
 public:
  Registries(aws::CredentialEnvironment in, std::vector<RegistryRule> rules,
             std::shared_ptr<std::atomic<bool>> stopping)
      : in_(in), rules_(std::move(rules)), ecr_(std::move(in)), stopping_(std::move(stopping)) {}
  ~Registries() override { stopping_->store(true); }
  Registries(const Registries&) = delete;
  Registries& operator=(const Registries&) = delete;

  awaitable<Result<ports::RegistryLogin>> login(std::string reference) override {
    const auto host = parse_image_name(reference).registry;
    const auto* rule = rule_of(host);
    if (rule == nullptr) {
      ports::RegistryLogin nobody;
      nobody.server = host;
      nobody.source = fmt::format("no name and password were sent, since teald.yaml has no entry for {}", host);
      nobody.advice = missing_entry(host);
      co_return nobody;
    }
    const auto begun = SteadyClock::now();
    Result<ports::RegistryLogin> login = ports::RegistryLogin{};
    if (const auto* ecr = std::get_if<EcrCredentials>(&rule->credentials)) {
      login = co_await ecr_.login(host, *ecr);
    } else if (const auto* basic = std::get_if<BasicCredentials>(&rule->credentials)) {
      login = co_await basic_login(*basic, rule->host);
    } else if (const auto* config = std::get_if<DockerConfigCredentials>(&rule->credentials)) {
      login = co_await config_login(*config, host);
    } else {
      login->source = fmt::format("no name and password were sent: teald.yaml gives none for {}", rule->host);
      login->advice = "add ecr, basic or dockerConfig to that entry";
    }
    if (login) login->server = host;
    measure("login", login, begun);
    co_return login;
  }

  void refused(const std::string& reference) override { ecr_.forget(parse_image_name(reference).registry); }

  awaitable<Result<std::string>> digest(std::string reference) override {
    auto image = parse_image_name(reference);
    if (image.tag.empty()) co_return image.digest;
    const auto* rule = rule_of(image.registry);
    if (auto refused = co_await refuse_key(rule)) co_return std::move(*refused);
    auto login = co_await this->login(reference);
    if (!login) co_return login.error();
    auto tag = image.tag;
    const auto tls = rule == nullptr ? std::nullopt : rule->tls;
    RegistryClient client{in_.executor, std::move(image), std::move(*login), tls};
    const auto begun = SteadyClock::now();
    auto found = co_await client.digest(std::move(tag));
    measure("digest", found, begun);
    if (found) digests_[reference] = *found;
    co_return found;
  }

  std::string last_digest(const std::string& reference) const override {
    const auto found = digests_.find(reference);
    return found == digests_.end() ? std::string{} : found->second;
  }

  bool wants_signature(const std::string& reference) const override {
    const auto* rule = rule_of(parse_image_name(reference).registry);
    return rule != nullptr && rule->cosign.has_value();
  }

  awaitable<Result<void>> verify(std::string reference, std::string digest) override {
    auto image = parse_image_name(reference);
    const auto* rule = rule_of(image.registry);
    if (rule == nullptr || !rule->cosign) co_return Result<void>{};
    const auto path = rule->cosign->public_key;
    const auto begun = SteadyClock::now();
    auto checked = co_await check_signature(std::move(image), reference, digest, *rule);
    measure("verify", checked, begun);
    if (!checked) {
      co_return within(fmt::format("{} at {} is not to run: its signature by the key {}", reference, digest, path),
                       checked.error());
    }
    verified_.emplace(reference, digest);
    co_return checked;
  }

  bool is_verified(const std::string& reference, const std::string& digest) const override {
    return verified_.contains({reference, digest});
  }

 private:
  template <class T>
  void measure(std::string_view operation, const Result<T>& result, SteadyClock::time_point begun) const {
    if (in_.telemetry == nullptr) return;
    const auto outcome = result ? std::string_view{"ok"} : to_string(result.error().code);
    in_.telemetry->dependency("registry", operation, outcome, SteadyClock::now() - begun);
  }

  [[nodiscard]] const RegistryRule* rule_of(const std::string& host) const {
    const auto found = std::ranges::find_if(rules_, [&](const RegistryRule& rule) { return fits(rule.host, host); });
    return found == rules_.end() ? nullptr : &*found;
  }

  // OpenSSL would take a client's key that everybody can read.
  awaitable<std::optional<Error>> refuse_key(const RegistryRule* rule) {
    if (rule == nullptr || !rule->tls || !rule->tls->key) co_return std::nullopt;
    const spec::ValueSource file{spec::ValueSource::Kind::File, *rule->tls->key, {}};
    const auto where = fmt::format("registries {}: tls.key", rule->host);
    const auto key = co_await in_.secrets->read(file);
    if (!key) co_return within(where, key.error());
    co_return std::nullopt;
  }

  static std::string source_of(const spec::ValueSource& value) {
    switch (value.kind) {
      case spec::ValueSource::Kind::Literal:
        return "written in teald.yaml";
      case spec::ValueSource::Kind::File:
        return "of " + value.text;
      case spec::ValueSource::Kind::Environment:
        return fmt::format("of teald's variable {}", value.text);
      case spec::ValueSource::Kind::Exec:
        return fmt::format("printed by {}", value.command.empty() ? "" : value.command.front());
    }
    return {};
  }

  awaitable<Result<ports::RegistryLogin>> basic_login(BasicCredentials credentials, std::string host) {
    const auto name = co_await in_.secrets->read(credentials.username);
    if (!name) co_return within(fmt::format("registries {}: basic.username", host), name.error());
    auto password = co_await in_.secrets->read(credentials.password);
    if (!password) co_return within(fmt::format("registries {}: basic.password", host), password.error());
    ports::RegistryLogin login;
    login.username = name->reveal();
    login.password = std::move(*password);
    login.source = fmt::format("the name and the password {}", source_of(credentials.password));
    login.advice = "check both, and that they have not expired";
    co_return login;
  }

  awaitable<Result<ports::RegistryLogin>> config_login(DockerConfigCredentials rule, std::string host) {
    auto path = rule.path.value_or("");
    if (path.empty()) {
      const auto folder = aws::variable(in_, "DOCKER_CONFIG");
      path = (folder.empty() ? aws::home(in_) + "/.docker" : folder) + "/config.json";
    }
    const spec::ValueSource file{spec::ValueSource::Kind::File, path, {}};
    const auto text = co_await in_.secrets->read(file);
    if (!text) {
      auto error = within("dockerConfig", text.error());
      if (error.code == ErrorCode::not_found) {
        error.message += ": run docker login as the user that teald runs as, or give the file's path in teald.yaml";
      }
      co_return error;
    }
    const auto config = docker_config::parse_docker_config(text->reveal(), path);
    if (!config) co_return within("dockerConfig", config.error());
    const auto own = config->helpers.find(host);
    const auto helper = own != config->helpers.end() ? own->second : config->store;
    ports::RegistryLogin login;
    if (!helper.empty()) {
      const auto server = host == "docker.io" ? std::string{"https://index.docker.io/v1/"} : host;
      auto work = [helper, server, stopping = stopping_] {
        return docker_config::ask_helper(helper, server, stopping);
      };
      auto answer = co_await in_.programs->run(std::move(work));
      if (!answer) co_return within(fmt::format("dockerConfig {}: credential helper", path), answer.error());
      login = std::move(*answer);
      login.source = fmt::format("the name and password of docker-credential-{}", helper);
    }
    const auto kept = config->logins.find(host);
    if (login.is_anonymous() && kept != config->logins.end()) {
      login = kept->second;
      login.source = fmt::format("the name and password of {}", path);
    }
    if (login.is_anonymous())
      login.source = fmt::format("no name and password were sent: {} knows none for {}", path, host);
    login.advice = fmt::format("run docker login {} for that file", host);
    co_return login;
  }

  awaitable<Result<void>> check_signature(ImageName image, std::string reference, std::string digest,
                                          RegistryRule rule) {
    const auto key = co_await aws::read_plain_file(in_, rule.cosign->public_key);
    if (!key) co_return key.error();
    if (!is_sha256_digest(digest)) {
      co_return Error{ErrorCode::denied,
                      "the image has no digest of a registry: pull it rather than loading it by hand"};
    }
    if (auto refused = co_await refuse_key(&rule)) co_return std::move(*refused);
    auto login = co_await this->login(reference);
    if (!login) co_return login.error();
    RegistryClient client{in_.executor, std::move(image), std::move(*login), rule.tls};
    const auto manifest = co_await client.manifest(cosign::signature_tag(digest));
    if (!manifest && manifest.error().code == ErrorCode::not_found) {
      co_return Error{ErrorCode::denied,
                      "there is none: sign it (cosign sign --key), or choose an image that is signed"};
    }
    if (!manifest) co_return manifest.error();
    const auto signatures = cosign::read_signatures(*manifest);
    if (!signatures) co_return signatures.error();
    Result<void> verdict{};
    for (const auto& one : *signatures) {
      const auto payload = co_await client.blob(one.payload_digest);
      if (!payload) co_return payload.error();
      verdict = cosign::check(*payload, one, *key, digest);
      if (verdict || verdict.error().code == ErrorCode::invalid) break;
    }
    co_return verdict;
  }

  aws::CredentialEnvironment in_;
  std::vector<RegistryRule> rules_;
  ecr::EcrTokens ecr_;
  std::shared_ptr<std::atomic<bool>> stopping_;
  std::map<std::string, std::string> digests_;              // by reference
  std::set<std::pair<std::string, std::string>> verified_;  // references and digests
};

}  // namespace

std::unique_ptr<ports::Registry> make_registries(aws::CredentialEnvironment in, std::vector<RegistryRule> rules) {
  auto stopping = std::make_shared<std::atomic<bool>>(false);
  in.stopping = stopping;
  return std::make_unique<Registries>(std::move(in), std::move(rules), std::move(stopping));
}

}  // namespace teal::registries
