// What runs without Teal, by whatever describes it, and how it becomes applications.
//
// Services of one image (the same repository) are the components of one application. What keeps data (PostgreSQL,
// Redis, …) stays where it is, and so does the proxy that a load balancer takes the place of; both are said.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/init/draft.hpp"
#include "cli/init/questions.hpp"

namespace teal::cli {

struct Service {
  std::string name;
  std::string where;  // "docker-compose.yml:12", "container web"
  std::string image;
  spec::PullPolicy pull_policy = spec::PullPolicy::IfNotPresent;
  Part part;
  bool has_health_path = false;  // which it was asked for before, too
  bool is_named = false;         // by the user, so it is taken whatever it is
  bool ends = false;             // others wait until it has ended well: a migration
  std::vector<Remark> remarks;
};

struct Assembly {
  std::string name;  // of the application, or of the one with most components
  std::string from;  // "docker-compose.yml"
  Wishes wishes;     // load balancer, host, health and replicas for all of them
  std::string usual_load_balancer;
};

struct Assembled {
  std::vector<Draft> drafts;
  std::vector<Remark> left;  // what is in none of them
};

// Error: invalid when nothing is left to make an application of.
[[nodiscard]] Result<Assembled> assemble(std::vector<Service> services, const Assembly& assembly);

// The path of a URL of the container itself in the words of a health check: "curl -f http://localhost:8000/up || exit".
struct HealthUrl {
  std::string path;
  int port = 0;  // 0: the scheme's own
};
[[nodiscard]] std::optional<HealthUrl> health_url(std::string_view command);

// "SIGTERM", "TERM", "15" → what a manifest takes; empty for a signal that it does not.
[[nodiscard]] std::string stop_signal(std::string_view text);

// Sorted, each once, without CAP_.
[[nodiscard]] std::vector<std::string> capabilities(std::vector<std::string> names);

}  // namespace teal::cli
