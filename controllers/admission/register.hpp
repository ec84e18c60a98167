// The applications on record and what belongs to them, found without a search: by name, by manifest file, and by what
// only one application may have. Also the manifests that are refused, and because of which applications, so that they
// are judged again when one of those changes. No clock, no store.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/admission/manifest.hpp"
#include "controllers/records/record.hpp"
#include "manifests/validate/exclusive_resources.hpp"

namespace teal::admission {

using SharedRecord = std::shared_ptr<const records::ApplicationRecord>;

// A manifest that is there and not in force.
struct Refusal {
  Manifest manifest;
  bool saved = false;  // somebody had written it just before, it was not only found
  std::string problem;
  std::set<std::string> because_of;  // applications
};
using SharedRefusal = std::shared_ptr<const Refusal>;

struct Clash {
  rules::ExclusiveResource what;
  std::string holder;  // the application
};

class Register {
 public:
  Register() = default;
  // What has changed since `below`, which it outlives unchanged: lookups see both.
  explicit Register(const Register* below) : below_(below) {}

  void put(SharedRecord record);
  void erase(const std::string& name);
  // What it still has in the world, whatever its spec in force says by now: of the revisions that run.
  // `serves`: its first installation is over.
  void uses(const std::string& name, std::vector<rules::ExclusiveResource> in_use, bool serves = false);
  [[nodiscard]] bool serves(const std::string& name) const;
  [[nodiscard]] SharedRecord find(const std::string& name) const;
  // The applications that the file defines, or was the last to define.
  [[nodiscard]] std::set<std::string> of_file(const std::string& path) const;
  [[nodiscard]] std::set<std::string> files() const;

  // What another application has of what this one wants; of those that have it already, the oldest keeps it.
  [[nodiscard]] std::optional<Clash> clash(const spec::Application& application) const;

  void refuse(Refusal refusal);
  void accept(const std::string& path);  // it is refused no more
  [[nodiscard]] SharedRefusal refusal(const std::string& path) const;
  [[nodiscard]] std::set<std::string> refused() const;
  // As if the application had changed: files that are refused because of it are due.
  void wake_waiting_for(const std::string& name) { due_.merge(waiting_for(name)); }
  // Files that are refused because of applications that have changed since.
  [[nodiscard]] std::set<std::string> due() const;

  // What has changed here, of refusals; null: refused no more.
  [[nodiscard]] const std::map<std::string, SharedRefusal>& refusals() const { return refusals_; }
  void take(const std::map<std::string, SharedRefusal>& refusals);

 private:
  // As it was when it was put: the record itself may be its owner's, who changes it before it is put again.
  struct Held {
    SharedRecord record;  // null: erased
    std::vector<rules::ExclusiveResource> belongings;
    std::vector<rules::ExclusiveResource> in_use;
    std::string file;
    bool orphaned = false;
    bool deleting = false;
    bool serves = false;
  };
  [[nodiscard]] const Held* held(const std::string& name) const;
  [[nodiscard]] std::set<std::string> holders(const rules::ExclusiveResource& what) const;
  [[nodiscard]] std::set<std::string> waiting_for(const std::string& name) const;
  void drop(const std::string& name);
  void list(const std::string& name, Held held);
  void stop_waiting(const std::string& path);

  const Register* below_ = nullptr;
  std::map<std::string, Held> applications_;
  std::map<std::string, std::set<std::string>> files_;
  std::map<rules::ExclusiveResource, std::set<std::string>> holders_;
  std::map<std::string, SharedRefusal> refusals_;         // by path
  std::map<std::string, std::set<std::string>> waiting_;  // paths, by the application that they are refused because of
  std::set<std::string> due_;
};

}  // namespace teal::admission
