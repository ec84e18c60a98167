// Which spec is in force, and who owns it: manifest files and API requests → application records. Pure.
//
// A file that cannot be read or parsed leaves the last good spec in force; a deleted file leaves the application
// running as an orphan. Each application has one owner: the file that first defined it, or the API. What only one
// application may have belongs to the one that has it. What is refused because of another application is judged again
// whenever that one changes, in whatever order things happen.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/admission/manifest.hpp"
#include "controllers/admission/register.hpp"
#include "controllers/records/audit.hpp"
#include "controllers/records/event.hpp"
#include "controllers/records/record.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::admission {

struct Admission {
  std::vector<records::ApplicationRecord> changed;
  std::set<std::string> saved_again;  // of them, those that could not be read before and have a spec again
  std::vector<records::Event> events;
  std::vector<records::AuditEntry> audit;         // of what somebody asked for; nothing of what only teald found
  std::map<std::string, SharedRefusal> refusals;  // of files, by path, that are refused now; null: no more
  std::vector<std::string> problems;              // per refused file, for the log
};

// `unreadable` are those of which something on record cannot be read; `known` has what is known of them all the same. A
// manifest that is saved again, or applied, is in force for them, one that only stands there is not: nothing is done
// for them before somebody has acted.
using Unreadable = std::set<std::string>;

// Files that have changed or, when they are `complete`, all there are. Judged a part at a time, each of which is to be
// put into the register before the next: thousands of them would hold everything else up.
class Files {
 public:
  Files(std::vector<Manifest> manifests, bool complete);

  // The next part of at most so many files, with the last of which goes what follows from all of them; none: that was
  // all. Without any file it is what became due meanwhile.
  [[nodiscard]] std::optional<Admission> next(const Register& known, Time now, const Unreadable& unreadable,
                                              std::size_t most);

 private:
  std::vector<Manifest> manifests_;
  std::set<std::string> gone_;
  std::size_t judged_ = 0;
  bool complete_;
  bool begun_ = false;
  bool ended_ = false;
};

// Whether it wants nothing that belongs to another. Errors: conflict, saying what belongs to which.
[[nodiscard]] Result<void> check_exclusive_resources(const Register& known, const spec::Application& application);

// Whether teald.yaml has what it names. Errors: invalid, naming the keys.
[[nodiscard]] Result<void> check_places(const spec::Application& application, const rules::Places& places);

// What ran before Teal is adopted by a first installation only. Errors: conflict, it serves already.
[[nodiscard]] Result<void> check_adoption(const Register& known, const spec::Application& application);

// An application that came through the API. Errors: conflict when a file owns it, it is being deleted, or wants what
// belongs to another.
[[nodiscard]] Result<Admission> admit_request(const Register& known, const spec::Application& application,
                                              const records::Requester& by, Time now,
                                              const Unreadable& unreadable = {});

// Marks it for deletion. Errors: not_found; conflict when its file still exists, or what is to be removed cannot be
// read.
[[nodiscard]] Result<Admission> admit_deletion(const Register& known, const std::string& name,
                                               const records::Requester& by, Time now,
                                               const Unreadable& unreadable = {});

}  // namespace teal::admission
