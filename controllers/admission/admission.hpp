// Which spec is in force, and who owns it: manifest files and API requests → application records. Pure.
//
// A file that cannot be read or parsed leaves the last good spec in force; a deleted file leaves the application
// running as an orphan. Each application has one owner: the file that first defined it, or the API.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/records/audit.hpp"
#include "controllers/records/event.hpp"
#include "controllers/records/record.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/parse/parse.hpp"

namespace teal::admission {

using Applications = std::map<std::string, records::ApplicationRecord>;

// A manifest file as it is now.
struct ManifestState {
  std::string path;
  bool exists = true;
  std::string text;
  std::string problem;  // why it could not be read; then `text` says nothing
};

struct Admission {
  std::vector<records::ApplicationRecord> changed;
  std::set<std::string> saved_again;  // of them, those that could not be read before and have a spec again
  std::vector<records::Event> events;
  std::vector<records::AuditEntry> audit;  // of what somebody asked for; nothing of what only teald found
  std::vector<std::string> problems;       // per refused file, for the log
};

// `unreadable` are those of which something on record cannot be read; `known` has what is known of them all the same. A
// manifest that is saved again, or applied, is in force for them, one that only stands there is not: nothing is done
// for them before somebody has acted.
using Unreadable = std::set<std::string>;

// `files` is either a change (files that are not in it stay as they are) or, with `complete`, all there is.
[[nodiscard]] Admission admit_files(const Applications& known, const std::vector<ManifestState>& files, bool complete,
                                    Time now, const Unreadable& unreadable = {});

// An application that came through the API. Errors: conflict when a file owns it or it is being deleted.
[[nodiscard]] Result<Admission> admit_request(const Applications& known, const spec::Application& application,
                                              const records::Requester& by, Time now,
                                              const Unreadable& unreadable = {});

// Marks it for deletion. Errors: not_found; conflict when its file still exists, or what is to be removed cannot be
// read.
[[nodiscard]] Result<Admission> admit_deletion(const Applications& known, const std::string& name,
                                               const records::Requester& by, Time now,
                                               const Unreadable& unreadable = {});

}  // namespace teal::admission
