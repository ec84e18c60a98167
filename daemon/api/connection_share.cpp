#include "daemon/api/connection_share.hpp"

#include <algorithm>
#include <utility>

namespace teal::api {

ShareLimits part_of(std::size_t connections, std::size_t arriving, std::size_t leaving, std::size_t quarters) {
  ShareLimits part;
  part.connections = std::max<std::size_t>(connections * quarters / 4, 1);
  part.streams = std::max<std::size_t>(part.connections * 3 / 4, 1);
  part.streams_of_party = std::max<std::size_t>(part.streams / 2, 1);
  part.arriving = arriving * quarters / 4;
  part.leaving = leaving * quarters / 4;
  return part;
}

ConnectionShare::Entry ConnectionShare::enter(std::shared_ptr<Guest> guest, const std::string& party) {
  Entry entry;
  const auto newcomer = party_named(party);
  if (guests_.size() >= limits_.connections) {
    const auto theirs = newcomer->connections + 1;
    entry.gave_way =
        who_gives_way([](const Party& any) { return any.connections; },
                      [&](const Guest& any) { return any.party() == newcomer || any.party()->connections >= theirs; });
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
  guest->party_ = newcomer;
  guests_.push_back(std::move(guest));
  entry.is_in = true;
  return entry;
}

void ConnectionShare::leave(Guest& guest) {
  if (!guest.party_) return;
  let_go(guest);
  guests_.remove_if([&](const std::shared_ptr<Guest>& any) { return any.get() == &guest; });
}

void ConnectionShare::make_room() {
  const auto somebody = who_gives_way([](const Party& any) { return any.connections; },
                                      [](const Guest& any) { return any.doing() == Guest::Doing::Idle; });
  if (somebody) send_off(somebody);
}

bool ConnectionShare::begin_stream(Guest& guest) {
  if (!guest.party_ || streams_ >= limits_.streams || guest.party_->streams >= limits_.streams_of_party) return false;
  ++streams_;
  ++guest.party_->streams;
  guest.is_stream_ = true;
  return true;
}

void ConnectionShare::end_stream(Guest& guest) {
  if (!guest.is_stream_) return;
  guest.is_stream_ = false;
  --streams_;
  --guest.party_->streams;
}

bool ConnectionShare::hold_arriving(Guest& guest, std::size_t bytes) {
  if (!guest.party_) return false;
  const auto set = [&](std::size_t now) {
    arriving_ += now - guest.arriving_;
    guest.party_->arriving += now - guest.arriving_;
    guest.arriving_ = now;
  };
  const bool is_more = bytes > guest.arriving_;
  const auto before = guest.arriving_;
  set(bytes);
  while (is_more && arriving_ > limits_.arriving) {
    const auto somebody =
        who_gives_way([](const Party& any) { return any.arriving; },
                      [&](const Guest& any) {
                        return any.doing() == Guest::Doing::Receiving && any.arriving_ > 0 && &any != &guest;
                      });
    if (!somebody) {
      set(before);
      return false;
    }
    send_off(somebody);
  }
  return true;
}

void ConnectionShare::hold_leaving(Guest& guest, const SharedText& text) {
  if (guest.leaving_ != nullptr) {
    const auto held = texts_.find(guest.leaving_);
    if (--held->second.readers == 0) {
      leaving_ -= held->second.size;
      texts_.erase(held);
    }
    guest.leaving_ = nullptr;
  }
  if (!text || !guest.party_) return;
  auto& held = texts_[text.get()];
  if (held.readers++ == 0) {
    held.size = text->size();
    leaving_ += held.size;
  }
  guest.leaving_ = text.get();
  while (leaving_ > limits_.leaving) {
    // By time alone: whoever reads what is new is not slow.
    const auto somebody =
        who_gives_way([](const Party&) { return 0; },
                      [&](const Guest& any) { return any.leaving_ != nullptr && any.leaving_ != guest.leaving_; });
    if (!somebody) return;  // this one alone is larger
    send_off(somebody);
  }
}

std::shared_ptr<Guest> ConnectionShare::who_gives_way(const Amount& amount, const Eligible& eligible) const {
  std::size_t most = 0;
  for (const auto& guest : guests_) {
    if (guest->doing() != Guest::Doing::Working && eligible(*guest)) most = std::max(most, amount(*guest->party()));
  }
  std::shared_ptr<Guest> found;
  for (const auto& guest : guests_) {
    if (guest->doing() == Guest::Doing::Working || !eligible(*guest) || amount(*guest->party()) * 2 < most) continue;
    const auto order = [](const Guest& any) { return std::pair{any.doing(), any.since()}; };
    if (!found || order(*guest) < order(*found)) found = guest;
  }
  return found;
}

void ConnectionShare::send_off(const std::shared_ptr<Guest>& guest) {
  leave(*guest);
  guest->give_way();
}

void ConnectionShare::let_go(Guest& guest) {
  end_stream(guest);
  (void)hold_arriving(guest, 0);
  hold_leaving(guest, nullptr);
  const auto party = std::exchange(guest.party_, nullptr);
  if (--party->connections == 0) parties_.erase(party->name);
}

std::shared_ptr<Party> ConnectionShare::party_named(const std::string& name) {
  auto& party = parties_[name];
  if (!party) party = std::make_shared<Party>(Party{name});
  return party;
}

}  // namespace teal::api
