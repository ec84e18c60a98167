// Edits the tokens file atomically: nobody reads half of it, and no concurrent change is lost.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/access/tokens_file.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::cli {

inline constexpr std::string_view default_tokens_file = "/etc/teal/tokens.yaml";

struct TokensEdited {
  bool created = false;
  bool lost_comments = false;  // what stood behind # is gone
  std::string owner;           // whom a new file belongs to
};

// Reads the file, has it changed and puts a new one in its place (a temporary file, fsync, rename), mode 0600, with the
// owner of the old one; links are followed. One at a time: the folder is locked meanwhile (flock), for which at most
// `wait` is waited. A file that is not there yet is made when `may_create`; as root it gets the folder's owner, or, in
// a folder that is root's, the user of the same name as its group (root:teal: teald's user). Errors: `change`'s, and
// those of reading it; denied, unavailable (cannot be locked or written), not_found.
[[nodiscard]] Result<TokensEdited> edit_tokens(const std::string& path, bool may_create,
                                               const std::function<Result<void>(std::vector<access::Token>&)>& change,
                                               Duration wait = std::chrono::seconds{10});

}  // namespace teal::cli
