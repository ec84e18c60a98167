// What teald remembers and what there is are no longer of one age: its store is lost, or restored from a backup, or a
// person has made a container anew.
#include "tests/simulation/crash_points/stories.hpp"

namespace teal::simulation {

void add_memory_losses(std::vector<Story>& all) {
  const auto as_is = [](spec::ApplicationSpec&) {};
  auto lost = upgrade("the store is lost, and another version wanted", as_is);
  lost.play = [](Theatre& theatre) {
    theatre.stage.store = test::FakeStore{};
    theatre.stage.engine.give_all_to("lost-owner");
    theatre.stage.start_teald();
    theatre.want("2");
    theatre.until_rest();
  };
  lost.least_up = 2;
  all.push_back(lost);

  auto lost_alone = upgrade("the store is lost, and what runs is wanted", as_is);
  lost_alone.play = [](Theatre& theatre) {
    theatre.stage.store = test::FakeStore{};
    theatre.stage.engine.give_all_to("lost-owner");
    theatre.stage.start_teald();
    theatre.want("1");
    theatre.until_rest();
  };
  lost_alone.version = "1";
  lost_alone.least_up = 2;
  all.push_back(lost_alone);

  auto restored = upgrade("the store is restored from before the last upgrade", as_is);
  restored.before = [](Theatre& theatre) {
    install(theatre);
    const auto backup = theatre.stage.store;
    theatre.want("2");
    theatre.until_rest();
    theatre.stage.store = backup;
    theatre.stage.start_teald();
  };
  restored.play = [](Theatre& theatre) {
    theatre.want("3");
    theatre.until_rest();
  };
  restored.version = "3";
  restored.least_up = 2;
  all.push_back(restored);

  auto recreated = upgrade("a person recreates a replica from another image", as_is);
  recreated.play = [](Theatre& theatre) {
    theatre.recreate("teal-shop-api-r1-0");
    theatre.until("it is replaced by one of the revision", [&theatre] {
      const auto& all_there = theatre.stage.engine.containers();
      const auto found = all_there.find("teal-shop-api-r1-0");
      return found != all_there.end() && found->second.seen.image_id == "id-shop:1";
    });
    theatre.until_rest();
  };
  recreated.version = "1";
  recreated.least_up = 1;
  all.push_back(recreated);
}

}  // namespace teal::simulation
