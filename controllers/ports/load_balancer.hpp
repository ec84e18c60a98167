// Anything that distributes requests over replicas and can be reconfigured at run time. One LoadBalancer is one
// instance; a backend is a pool of servers that share its traffic, and a server is one replica's entry in it. Every
// call has a deadline inside the driver.
//
// A server is attached, admitted, drained and detached, in this order. Only what is read back afterwards counts as
// done: a driver reports no more than its load balancer can prove (world/server.hpp).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controllers/ports/release.hpp"
#include "controllers/world/certificate.hpp"
#include "controllers/world/server.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/spec/application.hpp"

namespace teal::ports {

struct ServerSpec {
  std::string name;     // its replica's container's: by this it is found again
  std::string address;  // as the engine says where the replica is reached
  spec::HealthCheck health;
};

// What a component wants of a load balancer that is configured by Teal as well.
struct BackendSpec {
  std::string name;
  std::vector<spec::Route> routes;
  spec::HealthCheck health;
  int replicas = 0;
  bool maintenance = false;  // its routes get a page that says so, instead of its servers
};

class LoadBalancer {
 public:
  virtual ~LoadBalancer() = default;

  // Whether `routes` of a manifest have an effect here: its configuration is Teal's.
  [[nodiscard]] virtual bool takes_routes() const { return false; }
  // Everything that an application wants of this load balancer, and nothing else; said again and again. Of two
  // revisions that want the same route the newer comes first: it gets it once it takes requests. A load balancer that
  // people configure has its backends from them. Errors: invalid (routes, of one that takes none).
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> claim(std::string application,
                                                                   std::vector<BackendSpec> backends);
  // What a request of teald's own bears so that it reaches this backend whatever its routes.
  [[nodiscard]] virtual std::map<std::string, std::string> probe_headers(const std::string& /*backend*/) const {
    return {};
  }

  // Those that it serves to clients; of one that people configure nothing is known.
  [[nodiscard]] virtual std::vector<world::Certificate> certificates() const { return {}; }
  // As it answers now. Errors: unavailable, timed_out.
  [[nodiscard]] virtual boost::asio::awaitable<Result<Release>> release() {
    co_return Error{ErrorCode::unavailable, "it does not say its version"};
  }

  // All servers of the backend, other people's too. An answer is the whole backend or an error: what cannot be read,
  // or only in part, is not known, and never a shorter list. Errors: not_found (there is no such backend, hence no
  // server in it; the message names those that there are); with any other error nothing is known.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<world::Server>>> servers(std::string backend) = 0;
  // How many requests all servers of the backend together were given so far, counted after this was called. None: they
  // are not counted, or nothing can go astray on the way there. Errors: as of `servers`.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::optional<std::uint64_t>>> requests_given(
      std::string /*backend*/) {
    co_return std::optional<std::uint64_t>{};
  }
  // What goes on where `servers` does not look, as of its newest answer for this backend. Of one that has no such place
  // nothing.
  [[nodiscard]] virtual world::Leftover leftover(const std::string& /*backend*/) const { return {}; }
  // Why a server that is added to this backend could not take traffic, as far as that can be read beforehand (what the
  // connection may do, what the backend is), one sentence each; empty: nothing is known to be in the way. Changes
  // nothing. Errors: as of `servers`.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<std::string>>> obstacles(std::string /*backend*/) {
    co_return std::vector<std::string>{};
  }
  // What else is set there and does not hold for servers that are added at run time, one sentence each. It is in
  // nobody's way. Changes nothing. Errors: as of `servers`.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<std::string>>> remarks(std::string /*backend*/) {
    co_return std::vector<std::string>{};
  }
  // Registers it, Draining: it is checked, and sent nothing before `admit`. Errors: conflict (the name is taken, and
  // its server stays as it is), invalid.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> attach(std::string backend, ServerSpec spec) = 0;
  // New requests are sent to it as soon as its check has passed. Already Open is success; what a person has done to it
  // (`Server::by_hand`) is undone.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> admit(std::string backend, std::string name) = 0;
  // It is sent no new requests, those under way go on, and it is checked. Already Draining is success; a Closed one
  // becomes Draining.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> drain(std::string backend, std::string name) = 0;
  // Takes it out for good; already gone is success. Without `cut_sessions` it fails (conflict) while sessions are left.
  // With it they do not count any more: they are cut, or, by a load balancer that cannot do that safely, left to end
  // with their replica at the latest.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> detach(std::string backend, std::string name,
                                                                    bool cut_sessions) = 0;
};

}  // namespace teal::ports
