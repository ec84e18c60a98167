// Secrets as files for containers: a directory per container on a tmpfs of the engine's host, mounted into the
// container.
//
// The parent directory is ours and nobody else can enter it; inside, everybody can read, since only the image knows
// which user a container runs as. The contents never reach a disk, the engine's API, or a backup.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "controllers/ports/engine.hpp"

namespace teal::docker {

class SecretFiles {
 public:
  // `places` are tried in their order when the first folder is wanted: absolute paths, made if need be.
  SecretFiles(std::vector<std::string> places, std::string owner);

  // A new folder with a file for each value, without a newline at its end. Errors: denied, unavailable (no place is on
  // a tmpfs that is ours), invalid (a name that no file can have).
  [[nodiscard]] Result<std::string> put(const std::string& container, const masking::SecretEnvironment& files);

  // Takes one away that `put` has made, now or in an earlier life; other paths are left alone.
  void drop(const std::string& folder) const;

  // Adds what is in those of these folders that `put` has made.
  void expose(const std::vector<std::string>& folders, ports::Exposure& exposure) const;

  void take_owner(const std::string& owner) { owner_ = owner; }
  // All that are there, of this owner.
  [[nodiscard]] std::vector<std::string> folders() const;

 private:
  [[nodiscard]] Result<std::string> own_folder() const;
  [[nodiscard]] bool is_ours(const std::string& folder) const;

  std::vector<std::string> places_;
  std::string owner_;
};

// /run/teal/secrets where that is on a tmpfs; else below /dev/shm, which always is.
[[nodiscard]] std::vector<std::string> default_secret_dirs();

}  // namespace teal::docker
