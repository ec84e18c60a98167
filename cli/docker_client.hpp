// Docker's own API, asked from the command line. Each call blocks until it is answered.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http/http_client.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::cli {

inline constexpr std::string_view default_docker = "unix:///var/run/docker.sock";

class DockerClient {
 public:
  DockerClient(std::string url, http::Endpoint endpoint);
  ~DockerClient();

  // GET; null when there is no such thing. Errors: invalid (what answers is not Docker), denied and unavailable (with
  // what to do).
  [[nodiscard]] Result<boost::json::value> get(const std::string& target);
  // Docker's clock, by the last answer's Date, which is in whole seconds.
  [[nodiscard]] std::optional<Time> clock() const { return clock_; }

 private:
  struct Connection;
  [[nodiscard]] Error unreachable(const Error& error) const;

  std::string url_;
  std::unique_ptr<Connection> connection_;
  std::optional<Time> clock_;
};

}  // namespace teal::cli
