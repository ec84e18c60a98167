// The engine's progress stream of a pull: how far it is, and errors.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "controllers/ports/engine.hpp"
#include "controllers/ports/registry.hpp"
#include "daemon/drivers/engines/docker/answer.hpp"
#include "daemon/drivers/engines/docker/events.hpp"
#include "manifests/foundation/error.hpp"

namespace teal::docker {

class PullStream {
 public:
  // False: the rest makes no sense any more.
  [[nodiscard]] bool feed(std::string_view piece);
  // Once the stream has ended. A 200 proves nothing: the engine reports a failure in the stream, on any of its lines.
  [[nodiscard]] std::optional<Error> failure();
  [[nodiscard]] objects::PullProgress progress() const;
  // The digest that the reference was found to name; empty: the engine has not said.
  [[nodiscard]] const std::string& digest() const { return digest_; }
  // The engine works on what it has: it verifies or unpacks a layer, or all of them have come and it has not ended yet.
  [[nodiscard]] bool unpacks() const;

 private:
  struct Layer {
    std::uint64_t bytes_done = 0;
    std::uint64_t bytes = 0;  // 0: not known yet
    bool here = false;        // all of it has come
    bool in_work = false;     // it is verified or unpacked
    bool done = false;
  };
  void read(const Field& line);

  Lines lines_;
  std::map<std::string, Layer> layers_;  // by the id that the engine gives them
  std::string digest_;
  std::string failure_;
  std::optional<Error> broken_;
};

// The X-Registry-Auth header for a login; empty for an anonymous one.
[[nodiscard]] std::string registry_auth(const ports::RegistryLogin& login);

}  // namespace teal::docker
