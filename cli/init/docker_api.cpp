#include "cli/init/docker_api.hpp"

#include <fmt/format.h>

#include "cli/docker_client.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {

Result<std::vector<Inspected>> inspect(const std::string& url, const std::vector<std::string>& names) {
  const auto endpoint = http::parse_endpoint(url);
  if (!endpoint) return within("--docker", endpoint.error());
  DockerClient docker{url, *endpoint};
  std::vector<Inspected> found;
  for (const auto& name : names) {
    Inspected inspected;
    auto container = docker.get(fmt::format("/containers/{}/json", percent_encode(name)));
    if (!container) return container.error();
    if (container->is_null()) {
      return Error{ErrorCode::not_found, fmt::format("there is no container {} (docker ps -a shows them)", name)};
    }
    inspected.container = std::move(*container);
    const auto* id = inspected.container.get_object().if_contains("Image");
    if (id != nullptr && id->is_string()) {
      auto image = docker.get(fmt::format("/images/{}/json", percent_encode(std::string{id->get_string()})));
      if (!image) return image.error();
      inspected.image = std::move(*image);
    }
    found.push_back(std::move(inspected));
  }
  return found;
}

}  // namespace teal::cli
