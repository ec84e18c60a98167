// What the API can request of the controllers. Reads go through Board; these calls change or examine something.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controllers/plan/inspect_databases.hpp"
#include "controllers/records/verb_request.hpp"
#include "manifests/api/plan.hpp"
#include "manifests/api/version.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/spec/application.hpp"
#include "manifests/validate/places.hpp"

namespace teal::requests {

struct DaemonReadiness {
  bool ready = false;
  std::vector<std::string> reasons;     // why not
  std::vector<std::string> warnings{};  // what is wrong with teald itself and keeps it from nothing yet
};

// What engines and load balancers say of themselves, in the order of their names; those that do not answer as well.
struct Releases {
  std::vector<objects::VersionEngine> engines;
  std::vector<objects::VersionEngine> load_balancers;
};

class Control {
 public:
  virtual ~Control() = default;
  // The plan for the spec in force, or for `candidate`. Without `may_look` no source of a value is read and no database
  // opened; the plan says then what was not looked at. Errors: not_found, invalid.
  [[nodiscard]] virtual boost::asio::awaitable<Result<objects::Plan>> plan(std::string name,
                                                                           std::optional<spec::Application> candidate,
                                                                           bool may_look) = 0;
  // The databases of its migration jobs as they are now; nothing is changed. Errors: not_found.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<plan::DatabasePreflight>>> preflight(
      std::string /*name*/) {
    co_return Error{ErrorCode::invalid, "databases cannot be looked at here"};
  }
  // Errors: not_found; conflict when the verb does not apply now, with the reason; denied when a retry would run a job
  // again whose outcome is unknown, and the request does not accept that.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> request(std::string name,
                                                                     records::VerbRequest request) = 0;
  // Creates or replaces. Errors: conflict when a manifest file owns it, naming the file; invalid.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> apply(spec::Application application, records::Requester by,
                                                                   bool dry_run) = 0;
  // Starts the removal of an application with its containers and servers. Errors: not_found; conflict when a manifest
  // file owns it (remove the file first), naming the file.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> remove(std::string name, records::Requester by) = 0;
  // The log of one of the application's containers as it runs now. Errors: not_found.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::string>> live_log(std::string application,
                                                                             std::string container) = 0;
  [[nodiscard]] virtual DaemonReadiness readiness() const = 0;
  // What manifests may name of teald.yaml.
  [[nodiscard]] virtual rules::Places places() const { return {}; }
  // Asked now, all at once; who takes longer than two seconds is not waited for.
  [[nodiscard]] virtual boost::asio::awaitable<Releases> releases() { co_return Releases{}; }
};

}  // namespace teal::requests
