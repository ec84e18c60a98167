// What a managed HAProxy has to have, as values: who gets a route, what the file says, and what the process is told.
#include <gmock/gmock.h>

#include "daemon/drivers/load_balancers/haproxy/managed/edge_files.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_state.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_steps.hpp"

namespace teal::test {
namespace {

using namespace haproxy;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

EdgeClaim claim_of(const std::string& backend, std::vector<spec::Route> routes) {
  EdgeClaim claim;
  claim.backend = backend;
  claim.routes = std::move(routes);
  claim.replicas = 2;
  return claim;
}

EdgeState state_of(std::vector<EdgeClaim> claims) {
  EdgeState state;
  state.secret = "s3";
  haproxy::claim(state, "shop", std::move(claims));
  return state;
}

void serve_from(EdgeState& state, const std::string& backend, std::size_t index, bool proven = true) {
  auto& slot = state.slots.at(backend).at(index);
  slot.replica = "teal-shop-api-r1-" + std::to_string(index);
  slot.address = "127.0.0.1:" + std::to_string(32768 + index);
  slot.state = SlotState::Open;
  slot.proven = proven;
  choose_routes(state);
}

EdgePlace place() { return {{{"*", 80, false}, {"*", 443, true}}, "/var/lib/teal/edge", -1}; }

std::string configuration_of(const EdgeState& state) { return render(place(), state).files.front().second; }

// As HAProxy lists what the file says.
Slots servers_of(const EdgeState& state, const std::string& backend) {
  std::vector<world::Server> servers;
  const auto& slots = state.slots.at(backend);
  const auto add = [&](const std::string& name, const EdgeSlot& slot, bool is_on) {
    world::Server server;
    server.name = name;
    server.address = slot.address.empty() ? "127.0.0.1:1" : slot.address;
    server.intake = is_on ? world::Intake::Open : world::Intake::Closed;
    servers.push_back(server);
  };
  for (std::size_t i = 0; i < slots.size(); ++i) add(slot_name(i), slots[i], slots[i].state == SlotState::Open);
  for (std::size_t i = 0; i < slots.size(); ++i)
    add(open_name(i), slots[i], slots[i].state == SlotState::Open && slots[i].proven);
  add(std::string{held_name}, {}, holds_requests(state, backend));
  return as_slots(std::move(servers));
}

TEST(EdgeState, IsReadAsItIsWritten) {
  auto state = state_of({claim_of("shop_api", {{"shop.example.com", "/api", Duration{5000}}})});
  serve_from(state, "shop_api", 0);
  EXPECT_EQ(read_state(state_text(state)).value(), state);
  EXPECT_FALSE(read_state("{"));
  EXPECT_FALSE(read_state("{\"slots\": 1}"));
}

TEST(EdgeState, ABackendHasAsManySlotsAsItsReplicasCanNeedAndKeepsThoseThatAreUsed) {
  auto state = state_of({claim_of("shop_api", {})});
  EXPECT_EQ(state.slots.at("shop_api").size(), 8U);
  serve_from(state, "shop_api", 3);
  auto more = claim_of("shop_api", {});
  more.replicas = 5;
  claim(state, "shop", {more});
  EXPECT_EQ(state.slots.at("shop_api").size(), 24U);
  claim(state, "shop", {});
  EXPECT_EQ(state.slots.count("shop_api"), 1U) << "a replica has a slot in it";
  state.slots.at("shop_api").at(3) = {};
  claim(state, "shop", {});
  EXPECT_THAT(state.slots, IsEmpty());
}

TEST(EdgeState, ARouteLeadsToTheNewestThatServesAndStaysWhereItIsWhenNobodyDoes) {
  auto state = state_of({claim_of("new", {{"", "/", Duration{0}}}), claim_of("old", {{"", "/", Duration{0}}})});
  EXPECT_THAT(state.routes, IsEmpty());
  serve_from(state, "old", 0);
  EXPECT_THAT(state.routes, ElementsAre(Pair("*/", "old")));
  serve_from(state, "new", 0);
  EXPECT_THAT(state.routes, ElementsAre(Pair("*/", "new")));
  state.slots.at("old").at(0).state = SlotState::Draining;
  state.slots.at("new").at(0).state = SlotState::Draining;
  choose_routes(state);
  EXPECT_THAT(state.routes, ElementsAre(Pair("*/", "new")));
  claim(state, "shop", {claim_of("new", {})});
  EXPECT_THAT(state.routes, IsEmpty());
}

TEST(EdgeFiles, HoldTheServersThatServeNow) {
  auto state = state_of({claim_of("shop_api", {{"", "/", Duration{0}}})});
  serve_from(state, "shop_api", 0);
  serve_from(state, "shop_api", 1, false);
  const auto text = configuration_of(state);
  EXPECT_THAT(text, HasSubstr("    server slot1 127.0.0.1:32768 check\n"));
  EXPECT_THAT(text, HasSubstr("    server slot2 127.0.0.1:32769 check\n"));
  EXPECT_THAT(text, HasSubstr("    server slot3 127.0.0.1:1 check disabled\n"));
  EXPECT_THAT(text, HasSubstr("    server open1 127.0.0.1:32768 backup\n"));
  EXPECT_THAT(text, HasSubstr("    server open2 127.0.0.1:32769 backup disabled\n")) << "it never passed its check";
  EXPECT_THAT(text, HasSubstr("set-var proc.teal.shop_5fapi.slot1 str(teal-shop-api-r1-0/0/0)\n"));
  EXPECT_THAT(render(place(), state).files.at(1), Pair("routes.map", "*/ shop_api\n"));
}

TEST(EdgeFiles, TheStructureChangesWithWhatOnlyAReloadTakesOver) {
  auto state = state_of({claim_of("shop_api", {{"", "/", Duration{0}}})});
  const auto before = render(place(), state).structure;
  serve_from(state, "shop_api", 0);
  EXPECT_EQ(render(place(), state).structure, before);
  auto changed = state;
  changed.claims.at("shop").front().health.path = "/other";
  EXPECT_NE(render(place(), changed).structure, before);
  changed = state;
  add_slots(changed.slots.at("shop_api"), 1);
  EXPECT_NE(render(place(), changed).structure, before);
  changed = state;
  claim(changed, "blog", {claim_of("blog_web", {})});
  EXPECT_NE(render(place(), changed).structure, before);
}

TEST(EdgeFiles, ChecksAskWhatTheComponentSaysUnlessRevisionsDisagree) {
  auto one = claim_of("shop_api", {});
  one.health.path = "/up?a=\"$b\"";
  one.health.expected_status = {200, 204};
  one.health.headers["Host"].text = "100%.example";
  auto state = state_of({one});
  EXPECT_THAT(
      configuration_of(state),
      HasSubstr("    http-check send meth GET uri \"/up?a=\\\"\\$b\\\"\" ver HTTP/1.1 hdr \"Host\" \"100%%.example\"\n"
                "    http-check expect status 200-204\n"));
  EXPECT_THAT(configuration_of(state), HasSubstr("inter 500ms fastinter 500ms downinter 200ms rise 1 fall 12 "))
      << "3 failures at 2 s";
  claim(state, "shop", {one, claim_of("shop_api", {})});
  EXPECT_THAT(configuration_of(state), Not(HasSubstr("httpchk"))) << "old replicas do not answer what new ones do";
  one.health.headers["Authorization"].kind = spec::ValueSource::Kind::File;
  claim(state, "shop", {one});
  EXPECT_THAT(configuration_of(state), Not(HasSubstr("httpchk")));
}

TEST(EdgeFiles, RequestsAreHeldByRetriesWhileNothingServes) {
  auto state = state_of({claim_of("shop_api", {{"", "/", Duration{5000}}})});
  EXPECT_THAT(configuration_of(state), HasSubstr("    retries 10\n"));
  EXPECT_THAT(configuration_of(state), HasSubstr("    server held 127.0.0.1:1 backup\n"));
  serve_from(state, "shop_api", 0);
  EXPECT_THAT(configuration_of(state), HasSubstr("    server held 127.0.0.1:1 backup disabled\n"));
}

TEST(EdgeSteps, AreNoneWhenTheProcessHasWhatTheFileSays) {
  auto state = state_of({claim_of("shop_api", {{"", "/", Duration{5000}}})});
  serve_from(state, "shop_api", 0);
  EXPECT_TRUE(steps_to(state, "shop_api", servers_of(state, "shop_api"))->is_nothing());
  EXPECT_FALSE(steps_to(state, "shop_api", {})) << "another process than the file's";
}

TEST(EdgeSteps, OpenBeforeTheyClose) {
  auto before = state_of({claim_of("shop_api", {{"", "/", Duration{5000}}})});
  serve_from(before, "shop_api", 0);
  auto after = before;
  after.slots.at("shop_api").at(0).state = SlotState::Draining;
  const auto steps = steps_to(after, "shop_api", servers_of(before, "shop_api")).value();
  EXPECT_THAT(steps.opens, ElementsAre("set server shop_api/held state ready"));
  EXPECT_THAT(steps.closes,
              ElementsAre("set server shop_api/slot1 state drain", "set server shop_api/open1 state maint"));
}

TEST(EdgeSteps, AServerThatMovesIsClosedBeforeAndCheckedAfter) {
  auto before = state_of({claim_of("shop_api", {})});
  serve_from(before, "shop_api", 0);
  auto after = before;
  auto& slot = after.slots.at("shop_api").at(0);
  slot.address = "127.0.0.1:40000";
  slot.state = SlotState::Draining;
  slot.proven = false;
  const auto steps = steps_to(after, "shop_api", servers_of(before, "shop_api")).value();
  EXPECT_THAT(steps.leaves,
              ElementsAre("set server shop_api/slot1 state maint", "set server shop_api/open1 state maint"));
  ASSERT_EQ(steps.moves.size(), 2U);
  EXPECT_EQ(steps.moves[0].address, "127.0.0.1:40000");
  EXPECT_THAT(steps.opens,
              ElementsAre("set server shop_api/slot1 state drain", "set server shop_api/slot1 health down"));
  EXPECT_THAT(steps.closes, IsEmpty());
}

TEST(EdgeSteps, WhatAPersonChangedOfAnOpenServerIsUndone) {
  auto state = state_of({claim_of("shop_api", {})});
  serve_from(state, "shop_api", 0);
  auto servers = servers_of(state, "shop_api");
  servers.at(0).server.undo = "set server shop_api/slot1 weight 100%;enable health shop_api/slot1";
  EXPECT_THAT(steps_to(state, "shop_api", servers).value().opens,
              ElementsAre("set server shop_api/slot1 weight 100%", "enable health shop_api/slot1"));
}

TEST(EdgeSteps, AFreeSlotIsOneThatNothingIsUnderWayTo) {
  const auto state = state_of({claim_of("shop_api", {})});
  auto servers = servers_of(state, "shop_api");
  EXPECT_EQ(free_index(state.slots.at("shop_api"), servers), 0U);
  servers.at(0).server.sessions = 1;
  servers.at(9).connections = 1;  // of open2
  EXPECT_EQ(free_index(state.slots.at("shop_api"), servers), 2U);
}

TEST(EdgeState, AMaintenanceIsOfTheBackendsOfItsApplicationAndNeedsNoReload) {
  auto down = claim_of("shop_api", {{}});
  const auto before = state_of({down});
  down.maintenance = true;
  auto state = state_of({down});
  haproxy::claim(state, "till", {claim_of("till_api", {{"till.example.com", "/", Duration{0}}})});
  EXPECT_THAT(maintained(state), ElementsAre(Pair("shop_api", "1")));
  EXPECT_EQ(read_state(state_text(state)).value(), state);
  EXPECT_EQ(render(place(), state_of({down})).structure, render(place(), before).structure);
  const auto files = render(place(), state).files;
  EXPECT_THAT(files, testing::Contains(Pair("maintenance.map", "shop_api 1\n")));
}

TEST(EdgeState, RequestsAreHeldUntilACheckOfTheFirstServerHasPassed) {
  auto state = state_of({claim_of("shop_api", {{"", "/", Duration{5000}}})});
  EXPECT_TRUE(holds_requests(state, "shop_api"));
  serve_from(state, "shop_api", 0, false);
  EXPECT_TRUE(holds_requests(state, "shop_api")) << "it is open, and HAProxy does not send it anything yet";
  serve_from(state, "shop_api", 0, true);
  EXPECT_FALSE(holds_requests(state, "shop_api"));
}

}  // namespace
}  // namespace teal::test
