// Promise C2 for strangers' texts: what containers print and answer may hold the secrets that they were given.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <set>
#include <string>
#include <vector>

#include "controllers/ports/engine.hpp"
#include "controllers/ports/secret.hpp"

namespace teal {

// The values that a spec gives to its containers and that nobody else may read: passwords, keys and the like, of its
// env, its env files and its jobs' credentials. What cannot be read now is left out.
[[nodiscard]] boost::asio::awaitable<std::vector<Secret>> secrets_of(Secrets& secrets, const ApplicationSpec& spec);

// The variables by which a spec gives them to its containers; those of env files are known by their sound only.
[[nodiscard]] std::set<std::string> secret_names(const ApplicationSpec& spec);

// What one container was given of that kind, as its engine remembers it: the place that a value was read from may hold
// another one by now, or none. Not in it: files. Errors: those of the engine.
[[nodiscard]] boost::asio::awaitable<Result<std::vector<Secret>>> secrets_given(Engine& engine, std::string container_id,
                                                                                std::set<std::string> names);

// Each of them, and each password in a connection string, as "***". Values of less than six characters stay: they stand
// in too many words by chance.
[[nodiscard]] std::string masked(std::string text, const std::vector<Secret>& secrets);

}  // namespace teal
