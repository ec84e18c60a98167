// Promise C1: no serving container ever holds a migration credential.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <vector>

#include "controllers/ports/engine.hpp"
#include "controllers/ports/secrets.hpp"

namespace teal::environment {

// One credential of a migration job, as read now.
struct MigrationCredential {
  std::string name;  // the variable
  std::string file;  // the path that it comes from, when it comes from a file
  bool literal = false;
  masking::Secret value;
};

// The environment of one replica, or of one job: env files, then spec.env, then the component's env or the job's
// credentials; the later one wins. Errors name the variable and its source.
[[nodiscard]] boost::asio::awaitable<Result<masking::SecretEnvironment>> environment_of(
    ports::Secrets& secrets, const spec::ApplicationSpec& spec, const spec::Environment& own);

// What one replica gets.
struct ReplicaValues {
  masking::SecretEnvironment env;
  masking::SecretEnvironment files;  // of secret_files_folder
};

// The environment of a replica. With asFiles what is read from elsewhere (all but literals and env files) is a file
// named like its variable; the variable is left out, and NAME_FILE says where the file is, unless it is set already.
[[nodiscard]] boost::asio::awaitable<Result<ReplicaValues>> values_of(ports::Secrets& secrets,
                                                                      const spec::ApplicationSpec& spec,
                                                                      const spec::Component& component);

struct MigrationCredentials {
  std::vector<MigrationCredential> known;
  std::optional<Error> unread;  // the first that could not be read, and why: nothing can be proved of that one
};
[[nodiscard]] boost::asio::awaitable<MigrationCredentials> migration_credentials(ports::Secrets& secrets,
                                                                                 const spec::ApplicationSpec& spec);

// What must not be in a replica. While one of them cannot be read nothing can be proved: an error, and nothing new is
// started. But a migration's credentials may well be taken away once it is done; a replica like those that were
// `proven` before it is then looked at for what can still be read, since it must be replaced when it dies (L4).
[[nodiscard]] boost::asio::awaitable<Result<std::vector<MigrationCredential>>> credentials_to_look_for(
    ports::Secrets& secrets, const spec::ApplicationSpec& spec, bool proven);

// Error: denied, naming the variable, argument or mount, and what to do; never a value.
[[nodiscard]] Result<void> check_before_create(const ports::ContainerSpec& container,
                                               const std::vector<MigrationCredential>& credentials);
[[nodiscard]] Result<void> check_after_create(const ports::Exposure& exposure,
                                              const std::vector<MigrationCredential>& credentials);
// What the image itself holds, also where the container overrides it: whoever gets the image reads that.
[[nodiscard]] Result<void> check_image(const ports::Exposure& exposure,
                                       const std::vector<MigrationCredential>& credentials);

}  // namespace teal::environment
