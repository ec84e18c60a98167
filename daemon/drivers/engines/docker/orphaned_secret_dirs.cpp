#include "daemon/drivers/engines/docker/orphaned_secret_dirs.hpp"

#include <set>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "daemon/drivers/engines/docker/inspect.hpp"

namespace teal::docker {

boost::asio::awaitable<bool> remove_orphaned_secret_dirs(Api& api, const SecretFiles& files,
                                                         std::vector<std::string> labels) {
  const auto there = files.folders();  // before the containers are listed: what is made meanwhile is not among them
  if (there.empty()) co_return true;
  const auto query = filters({{"label", std::move(labels)}});
  const auto listed = co_await api.get("list", "/containers/json?all=1&filters=" + query);
  const auto* entries = listed ? Field{*listed}.list() : nullptr;
  if (entries == nullptr) co_return false;
  std::set<std::string> used;
  for (const auto& entry : *entries) {
    for (auto& source : mount_sources(entry)) used.insert(std::move(source));
  }
  for (const auto& folder : there) {
    if (!used.contains(folder)) files.drop(folder);
  }
  co_return true;
}

}  // namespace teal::docker
