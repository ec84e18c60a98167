// Who makes room, and for whom, when a kind of door is used up.
#include "daemon/api/connection_quota.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace teal::api {
namespace {

using Doing = ClientConnection::Doing;

class TestGuest final : public ClientConnection {
 public:
  void give_way() override { gone = true; }
  bool gone = false;
};

class ConnectionShares : public ::testing::Test {
 protected:
  static QuotaLimits limits() {
    QuotaLimits limits;
    limits.connections = 4;
    limits.streams = 3;
    limits.streams_of_party = 2;
    limits.arriving = 100;
    limits.leaving = 100;
    return limits;
  }

  // Whether it came in; the newest is the last of clients_.
  bool enter(const std::string& party, Doing doing = Doing::Idle) {
    clients_.push_back(std::make_shared<TestGuest>());
    clients_.back()->begins(doing);
    return share_.enter(clients_.back(), party).is_in;
  }

  // The numbers of those that had to go.
  std::vector<int> gone() const {
    std::vector<int> all;
    for (int i = 0; i < std::ssize(clients_); ++i) {
      if (clients_[static_cast<std::size_t>(i)]->gone) all.push_back(i);
    }
    return all;
  }

  ConnectionQuota share_{limits()};
  std::vector<std::shared_ptr<TestGuest>> clients_;
};

using Numbers = std::vector<int>;

TEST_F(ConnectionShares, WhoeverIsIdleForLongestMakesRoom) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(enter("a"));
  clients_[0]->begins(Doing::Idle);
  EXPECT_TRUE(enter("a"));
  EXPECT_EQ(gone(), Numbers{1});
  EXPECT_EQ(share_.size(), 4u);
}

TEST_F(ConnectionShares, ThePartyWithMostLosesEvenWhatIsNotIdle) {
  EXPECT_TRUE(enter("few"));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(enter("most", Doing::Receiving));
  EXPECT_TRUE(enter("new"));
  EXPECT_EQ(gone(), Numbers{1}) << "and not the idle one of somebody who has only one";
  EXPECT_TRUE(enter("most"));
  EXPECT_EQ(gone(), (Numbers{1, 2})) << "nobody else makes room for it";
}

TEST_F(ConnectionShares, AmongEqualsTheIdleOneMakesRoom) {
  EXPECT_TRUE(enter("a", Doing::Sending));
  EXPECT_TRUE(enter("a", Doing::Receiving));
  EXPECT_TRUE(enter("b", Doing::Receiving));
  EXPECT_TRUE(enter("c"));
  EXPECT_TRUE(enter("d"));
  EXPECT_EQ(gone(), Numbers{3});
}

TEST_F(ConnectionShares, ARequestThatIsWorkedOnStays) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(enter("a", Doing::Working));
  EXPECT_FALSE(enter("b"));
  EXPECT_TRUE(gone().empty());
  share_.leave(*clients_[2]);
  share_.leave(*clients_[2]);
  EXPECT_TRUE(enter("b"));
  EXPECT_EQ(share_.size(), 4u);
}

TEST_F(ConnectionShares, APartyThatComesAnewKeepsItsCount) {
  EXPECT_TRUE(enter("a"));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(enter("a"));
  EXPECT_EQ(share_.size(), 4u);
  for (const auto& client : clients_) share_.leave(*client);
  EXPECT_EQ(share_.size(), 0u);
  EXPECT_TRUE(enter("a"));
  EXPECT_EQ(clients_.back()->party()->connections, 1u);
}

TEST_F(ConnectionShares, StreamsHaveAQuotaForAPartyAndInSum) {
  EXPECT_TRUE(enter("a"));
  EXPECT_TRUE(enter("a"));
  EXPECT_TRUE(enter("b"));
  EXPECT_TRUE(enter("b"));
  EXPECT_TRUE(share_.begin_stream(*clients_[0]));
  EXPECT_TRUE(share_.begin_stream(*clients_[1]));
  EXPECT_TRUE(enter("a")) << "in the place of one of them";
  EXPECT_EQ(gone(), Numbers{0});
  EXPECT_TRUE(share_.begin_stream(*clients_[4])) << "its stream has gone with it";
  EXPECT_FALSE(share_.begin_stream(*clients_[4])) << "the quota of a party";
  EXPECT_TRUE(share_.begin_stream(*clients_[2]));
  EXPECT_FALSE(share_.begin_stream(*clients_[3])) << "all together";
  share_.end_stream(*clients_[2]);
  share_.end_stream(*clients_[2]);
  EXPECT_TRUE(share_.begin_stream(*clients_[3]));
}

TEST_F(ConnectionShares, MemoryOfWhatArrivesIsTakenFromWhoHoldsMost) {
  EXPECT_TRUE(enter("few", Doing::Receiving));
  EXPECT_TRUE(enter("most", Doing::Receiving));
  EXPECT_TRUE(enter("most", Doing::Receiving));
  EXPECT_TRUE(share_.hold_arriving(*clients_[0], 10));
  EXPECT_TRUE(share_.hold_arriving(*clients_[1], 40));
  EXPECT_TRUE(share_.hold_arriving(*clients_[2], 50));
  EXPECT_EQ(share_.arriving(), 100u);
  EXPECT_TRUE(share_.hold_arriving(*clients_[0], 20));
  EXPECT_EQ(gone(), Numbers{1});
  EXPECT_EQ(share_.arriving(), 70u);
  EXPECT_TRUE(share_.hold_arriving(*clients_[2], 0));
  EXPECT_EQ(share_.arriving(), 20u);
}

TEST_F(ConnectionShares, NewRequestsAreRefusedWhenThoseWorkedOnHoldAllMemory) {
  EXPECT_TRUE(enter("a", Doing::Receiving));
  EXPECT_TRUE(share_.hold_arriving(*clients_[0], 90));
  clients_[0]->begins(Doing::Working);
  EXPECT_TRUE(enter("b", Doing::Receiving));
  EXPECT_FALSE(share_.hold_arriving(*clients_[1], 11));
  EXPECT_TRUE(share_.hold_arriving(*clients_[1], 10));
  EXPECT_TRUE(gone().empty());
  EXPECT_EQ(share_.arriving(), 100u);
}

TEST_F(ConnectionShares, ATextThatSeveralReadCountsOnce) {
  const auto text = shared(std::string(60, 'x'));
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(enter("a", Doing::Sending));
    share_.hold_leaving(*clients_.back(), text);
  }
  EXPECT_EQ(share_.leaving(), 60u);
  EXPECT_TRUE(gone().empty());
  for (const auto& client : clients_) share_.hold_leaving(*client, nullptr);
  EXPECT_EQ(share_.leaving(), 0u);
}

TEST_F(ConnectionShares, TheSlowestReadersLoseTheirTextsWhenTheyAreTooMuch) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(enter("a", Doing::Sending));
  const auto old = shared(std::string(60, 'x'));
  const auto between = shared(std::string(30, 'y'));
  share_.hold_leaving(*clients_[0], old);
  share_.hold_leaving(*clients_[1], between);
  const auto newest = shared(std::string(70, 'z'));
  share_.hold_leaving(*clients_[2], newest);
  EXPECT_EQ(gone(), Numbers{0});
  EXPECT_EQ(share_.leaving(), 100u);
  EXPECT_TRUE(enter("a", Doing::Sending));
  const auto huge = shared(std::string(1000, 'h'));
  share_.hold_leaving(*clients_[3], huge);
  EXPECT_EQ(gone(), (Numbers{0, 1, 2})) << "one that is larger than the limit is sent alone";
  EXPECT_EQ(share_.leaving(), 1000u);
}

TEST(PartOf, DividesEverything) {
  const auto part = part_of(1024, 32, 64, 3);
  EXPECT_EQ(part.connections, 768u);
  EXPECT_EQ(part.streams, 576u);
  EXPECT_EQ(part.streams_of_party, 288u);
  EXPECT_EQ(part.arriving, 24u);
  EXPECT_EQ(part.leaving, 48u);
  EXPECT_EQ(part_of(1, 32, 64, 1).connections, 1u);
}

TEST(PartyOf, IsTheUserOrTheAddressOrTheNetwork) {
  const auto remote = [](const std::string& host) {
    runtime::Peer peer;
    peer.remote = runtime::PeerAddress{host, 1234};
    return party_of(peer);
  };
  EXPECT_EQ(remote("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(remote("::1"), "::1");
  EXPECT_EQ(remote("2001:db8:0:1:2:3:4:5"), "2001:db8:0:1::/64");
  EXPECT_EQ(remote("2001:db8:0:1::ffff"), "2001:db8:0:1::/64");
  runtime::Peer user;
  user.user = runtime::PeerUser{1000, 1000, {}};
  EXPECT_EQ(party_of(user), "uid 1000");
  EXPECT_EQ(party_of(runtime::Peer{}), "unknown");
}

}  // namespace
}  // namespace teal::api
