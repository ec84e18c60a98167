#include "tests/simulation/crash_points/stories.hpp"

namespace teal::simulation {

using namespace std::chrono_literals;

namespace {

bool says(Theatre& theatre, const std::string& words) {
  const auto seen = theatre.stage.view();
  return seen && seen->status.message.find(words) != std::string::npos;
}

void until_it_says(Theatre& theatre, const std::string& words) {
  theatre.until("it says: " + words, [&] { return says(theatre, words); });
}

void keeps_old(spec::ApplicationSpec& spec) { spec.rollout.keep_old = 30s; }

void train_of_one(spec::ApplicationSpec& spec) { spec.upgrade_policy.train = 1; }

void analysed(spec::ApplicationSpec& spec) {
  spec::Analysis analysis;
  analysis.name = "errors";
  analysis.query = "$version";
  analysis.max = 0.01;
  analysis.interval = 500ms;
  spec.rollout.analysis = {analysis};
}

Story back_from(const char* name, spec::Phase phase) {
  return rolled_back(name, keeps_old, [phase](Theatre& theatre) {
    theatre.want("2");
    theatre.until(phase);
    theatre.ask(records::Verb::Rollback);
    theatre.until_rest();
  });
}

}  // namespace

void add_rollbacks(std::vector<Story>& all) {
  all.push_back(back_from("rollback while the old ones leave", spec::Phase::Withdrawing));
  all.push_back(back_from("keepOld: rollback at once", spec::Phase::Retiring));
  auto chosen = upgrade("rollback --to-revision", [](spec::ApplicationSpec&) {});
  const auto prepare = chosen.before;
  chosen.before = [prepare](Theatre& theatre) {
    prepare(theatre);
    theatre.want("2");
    theatre.until_rest();
    theatre.want("3");
    theatre.until_rest();
  };
  chosen.play = [](Theatre& theatre) {
    theatre.ask(records::Verb::Rollback, 1);
    theatre.until_rest();
  };
  chosen.version = "1";
  all.push_back(chosen);
  chosen.name = "rollback --to-revision, and forward again";
  chosen.play = [](Theatre& theatre) {
    theatre.ask(records::Verb::Rollback, 2);
    theatre.until_rest();
    theatre.ask(records::Verb::Retry);
    theatre.until_rest();
  };
  chosen.version = "3";
  all.push_back(chosen);
}

void add_vendors_rules(std::vector<Story>& all) {
  all.push_back(upgrade("another train: Recreate", [](spec::ApplicationSpec& spec) {
    train_of_one(spec);
    spec.upgrade_policy.outside_train = spec::OutsideTrain::Recreate;
  }));
  auto blocked = upgrade("another train: blocked until it is acknowledged", train_of_one);
  blocked.play = [](Theatre& theatre) {
    theatre.want("2");
    until_it_says(theatre, "leaves the train");
    theatre.edit([](spec::ApplicationSpec& spec) { spec.upgrade_policy.acknowledged = "2"; });
    theatre.until_rest();
  };
  all.push_back(blocked);
  auto stop = upgrade("a stop that must not be skipped",
                      [](spec::ApplicationSpec& spec) { spec.upgrade_policy.stops = {"2"}; });
  stop.play = [](Theatre& theatre) {
    theatre.want("3");
    until_it_says(theatre, "2 must not be skipped");
    theatre.want("2");
    theatre.until_rest();
    theatre.want("3");
    theatre.until_rest();
  };
  stop.version = "3";
  all.push_back(stop);
}

void add_analysis(std::vector<Story>& all) {
  auto failing = rolled_back("analysis that fails", analysed, [](Theatre& theatre) {
    theatre.errors["2"] = 0.5;
    theatre.want("2");
    theatre.until_rest();
  });
  const auto prepare = failing.before;
  failing.before = [prepare](Theatre& theatre) {
    theatre.errors["1"] = 0.0;
    prepare(theatre);
  };
  all.push_back(failing);
  auto held = upgrade("analysis without an answer at first", analysed);
  held.before = failing.before;
  held.play = [](Theatre& theatre) {
    theatre.want("2");
    until_it_says(theatre, "the bake does not end before it has");
    const auto over = theatre.stage.clock.time + theatre.stage.application.spec.rollout.bake + 1s;
    theatre.until("its time is over", [&] { return theatre.stage.clock.time > over; });
    theatre.errors["2"] = 0.0;
    theatre.until_rest();
  };
  all.push_back(held);
}

void add_strangers(std::vector<Story>& all) {
  all.push_back(rolled_back(
      "an image that brings a migration credential along", [](spec::ApplicationSpec&) {},
      [](Theatre& theatre) {
        theatre.set_in_image("2", "PGPASSWORD=the value of /etc/shop/migration_password");
        theatre.want("2");
        theatre.until_rest();
      }));
  for (const auto* name : {"teal-shop-api-r2-0", "teal-shop-default-r2-1"}) {
    all.push_back(rolled_back(
        std::string{"a stranger has the name "} + name,
        [](spec::ApplicationSpec& spec) { spec.rollout.deadline = 20s; },
        [name](Theatre& theatre) {
          theatre.take_name(name);
          theatre.want("2");
          theatre.until_rest();
        }));
  }
}

}  // namespace teal::simulation
