// Promise C2 for strangers' texts: what containers print and answer may hold the secrets that they were given.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "controllers/ports/secret.hpp"

namespace teal {

// The values that a spec gives to its containers and that nobody else may read: passwords, keys and the like, of its
// env, its env files and its jobs' credentials. What cannot be read now is left out.
[[nodiscard]] boost::asio::awaitable<std::vector<Secret>> secrets_of(Secrets& secrets, const ApplicationSpec& spec);

// Each of them, and each password in a connection string, as "***". Values of less than six characters stay: they stand
// in too many words by chance.
[[nodiscard]] std::string masked(std::string text, const std::vector<Secret>& secrets);

}  // namespace teal
