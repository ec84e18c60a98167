#include "daemon/api/connection_quota.hpp"

#include <algorithm>
#include <utility>

namespace teal::api {

QuotaLimits part_of(std::size_t connections, std::size_t arriving, std::size_t leaving, std::size_t quarters) {
  QuotaLimits part;
  part.connections = std::max<std::size_t>(connections * quarters / 4, 1);
  part.streams = std::max<std::size_t>(part.connections * 3 / 4, 1);
  part.streams_of_party = std::max<std::size_t>(part.streams / 2, 1);
  part.arriving = arriving * quarters / 4;
  part.leaving = leaving * quarters / 4;
  return part;
}

ConnectionQuota::Entry ConnectionQuota::enter(std::shared_ptr<ClientConnection> client, const std::string& party) {
  Entry entry;
  const auto newcomer = party_named(party);
  if (clients_.size() >= limits_.connections) {
    const auto theirs = newcomer->connections + 1;
    entry.gave_way = who_gives_way(
        [](const Party& any) { return any.connections; },
        [&](const ClientConnection& any) { return any.party() == newcomer || any.party()->connections >= theirs; });
    if (!entry.gave_way) {
      if (newcomer->connections == 0) parties_.erase(party);
      return entry;
    }
    entry.was_doing = entry.gave_way->doing();
    const auto stays = newcomer;  // although its last connection may just be leaving
    send_off(entry.gave_way);
    parties_[party] = stays;
  }
  ++newcomer->connections;
  client->party_ = newcomer;
  clients_.push_back(std::move(client));
  entry.is_in = true;
  return entry;
}

void ConnectionQuota::leave(ClientConnection& client) {
  if (!client.party_) return;
  let_go(client);
  clients_.remove_if([&](const std::shared_ptr<ClientConnection>& any) { return any.get() == &client; });
}

void ConnectionQuota::make_room() {
  const auto somebody =
      who_gives_way([](const Party& any) { return any.connections; },
                    [](const ClientConnection& any) { return any.doing() == ClientConnection::Doing::Idle; });
  if (somebody) send_off(somebody);
}

bool ConnectionQuota::begin_stream(ClientConnection& client) {
  if (!client.party_ || streams_ >= limits_.streams || client.party_->streams >= limits_.streams_of_party) return false;
  ++streams_;
  ++client.party_->streams;
  client.is_stream_ = true;
  return true;
}

void ConnectionQuota::end_stream(ClientConnection& client) {
  if (!client.is_stream_) return;
  client.is_stream_ = false;
  --streams_;
  --client.party_->streams;
}

bool ConnectionQuota::hold_arriving(ClientConnection& client, std::size_t bytes) {
  if (!client.party_) return false;
  const auto set = [&](std::size_t now) {
    arriving_ += now - client.arriving_;
    client.party_->arriving += now - client.arriving_;
    client.arriving_ = now;
  };
  const bool is_more = bytes > client.arriving_;
  const auto before = client.arriving_;
  set(bytes);
  while (is_more && arriving_ > limits_.arriving) {
    const auto somebody = who_gives_way([](const Party& any) { return any.arriving; },
                                        [&](const ClientConnection& any) {
                                          return any.doing() == ClientConnection::Doing::Receiving &&
                                                 any.arriving_ > 0 && &any != &client;
                                        });
    if (!somebody) {
      set(before);
      return false;
    }
    send_off(somebody);
  }
  return true;
}

void ConnectionQuota::hold_leaving(ClientConnection& client, const SharedText& text) {
  if (client.leaving_ != nullptr) {
    const auto held = texts_.find(client.leaving_);
    if (--held->second.readers == 0) {
      leaving_ -= held->second.size;
      texts_.erase(held);
    }
    client.leaving_ = nullptr;
  }
  if (!text || !client.party_) return;
  auto& held = texts_[text.get()];
  if (held.readers++ == 0) {
    held.size = text->size();
    leaving_ += held.size;
  }
  client.leaving_ = text.get();
  while (leaving_ > limits_.leaving) {
    // By time alone: whoever reads what is new is not slow.
    const auto somebody = who_gives_way(
        [](const Party&) { return 0; },
        [&](const ClientConnection& any) { return any.leaving_ != nullptr && any.leaving_ != client.leaving_; });
    if (!somebody) return;  // this one alone is larger
    send_off(somebody);
  }
}

std::shared_ptr<ClientConnection> ConnectionQuota::who_gives_way(const Amount& amount, const Eligible& eligible) const {
  std::size_t most = 0;
  for (const auto& client : clients_) {
    if (client->doing() != ClientConnection::Doing::Working && eligible(*client))
      most = std::max(most, amount(*client->party()));
  }
  std::shared_ptr<ClientConnection> found;
  for (const auto& client : clients_) {
    if (client->doing() == ClientConnection::Doing::Working || !eligible(*client) ||
        amount(*client->party()) * 2 < most)
      continue;
    const auto order = [](const ClientConnection& any) { return std::pair{any.doing(), any.since()}; };
    if (!found || order(*client) < order(*found)) found = client;
  }
  return found;
}

void ConnectionQuota::send_off(const std::shared_ptr<ClientConnection>& client) {
  leave(*client);
  client->give_way();
}

void ConnectionQuota::let_go(ClientConnection& client) {
  end_stream(client);
  (void)hold_arriving(client, 0);
  hold_leaving(client, nullptr);
  const auto party = std::exchange(client.party_, nullptr);
  if (--party->connections == 0) parties_.erase(party->name);
}

std::shared_ptr<Party> ConnectionQuota::party_named(const std::string& name) {
  auto& party = parties_[name];
  if (!party) party = std::make_shared<Party>(Party{name});
  return party;
}

}  // namespace teal::api
