// Pulls images, with the credentials that the registry rules select.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>

#include "controllers/ports/engine.hpp"
#include "controllers/ports/registry.hpp"
#include "daemon/drivers/engines/docker/api.hpp"

namespace teal::docker {

class Puller {
 public:
  // Both outlive it. `registry` may be null: nobody in particular pulls. `silence`: how long the engine may say nothing
  // while it downloads; what has come it may unpack in silence.
  Puller(Api& api, ports::Registry* registry, Duration silence) : api_(api), registry_(registry), silence_(silence) {}

  // A login that the registry refuses is renewed once. Errors: as Engine::pull; what was refused is named.
  [[nodiscard]] boost::asio::awaitable<Result<void>> pull(std::string reference);
  [[nodiscard]] std::optional<objects::PullProgress> progress(const std::string& reference) const;
  // The digest that the last pull of this reference found; empty: there was none since teald started.
  [[nodiscard]] std::string resolved(const std::string& reference) const;

 private:
  boost::asio::awaitable<std::optional<Error>> pull_as(std::string reference, const ports::RegistryLogin& login);

  Api& api_;
  ports::Registry* registry_;
  Duration silence_;
  std::map<std::string, objects::PullProgress> under_way_;  // by reference
  std::map<std::string, std::string> resolved_;             // reference → digest
};

}  // namespace teal::docker
