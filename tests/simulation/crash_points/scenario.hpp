// The canonical stories that are interrupted at each of their calls. A story goes on whatever happens: who asks for
// something asks again when teald died before it answered.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/monitors/watched.hpp"
#include "tests/unit/controllers/stage.hpp"

namespace teal::simulation {

// A stage whose every effect the monitors see.
class Theatre {
 public:
  Theatre();

  test::Stage stage;
  Monitors monitors;

  // From now on calls are counted and disturbed; what was needed to get here is not part of the story.
  void curtain();

  // What people do.
  void want(const std::string& version);
  void edit(const std::function<void(spec::ApplicationSpec&)>& change);
  void ask(records::Verb verb, std::optional<int> to_revision = std::nullopt);
  void remove();

  // What the story waits for; says so when it does not come.
  void until(spec::Phase phase);
  void until_rest();
  void until_gone();
  void until(const std::string& what, const std::function<bool()>& reached);

  // What the image of a version sets by itself in each container, and what holds the name of a container already.
  void set_in_image(const std::string& version, const std::string& variable);
  void take_name(const std::string& container);
  // Everything that strangers had is still there.
  [[nodiscard]] bool strangers_are_whole();
  // What Prometheus says of each version; not in it: nothing.
  std::map<std::string, double> errors;
  // What happens by itself.
  void die(const std::string& container, int exit_code = 137);
  void recreate(const std::string& container);  // by a person, from another image
  void hang(const std::string& container);  // and its load balancer's check does not notice

  // What is not as it should be.
  void complain(const std::string& what) { complaints_.push_back(what); }
  [[nodiscard]] std::vector<std::string> complaints() const;
  [[nodiscard]] const records::RolloutRecord* record() const;

 private:
  void insist(const std::function<Result<void>()>& call);
  void apply();

  WatchedEngine engine_;
  WatchedBalancer balancer_;
  WatchedStore store_;
  std::vector<std::string> complaints_;
  std::set<std::string> strangers_;  // containers
  std::size_t disturbed_ = 0;
  bool curtain_ = false;
};

struct Story {
  std::string name;
  std::function<void(Theatre&)> before;  // undisturbed
  std::function<void(Theatre&)> play;
  std::string version;  // that serves in the end; empty: nothing is left
  spec::Phase phase = spec::Phase::Complete;
  int least_up = 0;  // servers that take traffic at any time of it
};

[[nodiscard]] std::vector<Story> stories();

// All that must be true at the end of a story.
void check_end(Theatre& theatre, const Story& story);

}  // namespace teal::simulation
