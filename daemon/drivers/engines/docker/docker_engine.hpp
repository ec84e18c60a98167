// The Docker Engine (20.10 to 29, by its API 1.41 to 1.52) as an Engine, over its Unix socket or HTTP.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "controllers/ports/engine.hpp"
#include "controllers/ports/registry.hpp"
#include "controllers/ports/telemetry.hpp"
#include "daemon/drivers/engines/docker/inventory.hpp"
#include "daemon/drivers/engines/docker/secret_files.hpp"
#include "daemon/http/http_client.hpp"

namespace teal::docker {

struct DockerOptions {
  http::Endpoint endpoint;
  std::string owner;  // only containers with this teal.owner are seen or touched
  // Of this owner, kept by the engine's events (docker_events); null: one that nobody keeps, so that all is read.
  std::shared_ptr<Inventory> inventory;
  ports::Telemetry* telemetry = nullptr;  // outlives the engine
  ports::Registry* registry = nullptr;    // whom it pulls as; outlives the engine. Null: nobody in particular
  // Where secret files go, on the engine's own host: the first of these folders that is on a tmpfs of ours.
  std::vector<std::string> secret_places = docker::default_secret_dirs();
  Duration inspect_deadline = std::chrono::seconds{10};  // of one container, when all are listed
  Duration pull_silence = std::chrono::seconds{120};     // while an image is downloaded
};

// Connects at the first call. The engine outlives every call under way.
[[nodiscard]] std::unique_ptr<ports::Engine> make_docker_engine(boost::asio::any_io_executor executor,
                                                                DockerOptions options);

}  // namespace teal::docker
