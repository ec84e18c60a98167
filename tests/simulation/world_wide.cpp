// What only wide stories have: flawed versions, Prometheus, and strangers.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/simulation/strangers.hpp"
#include "tests/simulation/world.hpp"

namespace teal::simulation {

using namespace std::chrono_literals;

namespace {

template <class T>
void run_now(boost::asio::awaitable<T> task) {
  boost::asio::io_context loop;
  boost::asio::co_spawn(loop, std::move(task), boost::asio::detached);
  loop.run();
}

}  // namespace

std::optional<Flaw> World::flaw_of(const ports::ContainerSpec& spec) const {
  const auto version = spec.image_id.substr(spec.image_id.find(':') + 1);
  const auto found = scenario_.flaws.find({spec.application, version});
  return healed_ || found == scenario_.flaws.end() ? std::nullopt : std::optional{found->second};
}

std::optional<double> World::errors_at(const std::string& query, Time time) const {
  const auto& [from, to] = scenario_.prometheus_away;
  if (!healed_ && time >= begun_ + from && time < begun_ + to) return std::nullopt;
  const auto space = query.find(' ');
  const auto found = scenario_.flaws.find({query.substr(0, space), query.substr(space + 1)});
  const bool many = !healed_ && found != scenario_.flaws.end() && found->second == Flaw::ManyErrors;
  return many ? 0.5 : 0.0;
}

// It did at some time of late: a bake goes by the newest answer, not by an answer of this very moment.
bool World::lets_pass(const std::string& application, const spec::Analysis& analysis,
                      const records::Revision& revision) const {
  const auto query = application + " " + revision.application.spec.version;
  for (auto ago = Duration{0}; ago <= Duration{60s}; ago += 1s) {
    const auto state = world::judge(analysis, errors_at(query, timeline.now() - ago));
    if (state == objects::AnalysisState::Passing) return true;
    if (state == objects::AnalysisState::NoData && analysis.on_no_data == spec::OnNoData::Pass) return true;
  }
  return false;
}

void World::settle_strangers() {
  engine.add_image("strange:1", {"id-strange:1", "digest-strange:1"});
  for (const auto& name : scenario_.taken_names) {
    ports::ContainerSpec spec;
    spec.name = name;
    spec.image_id = "id-strange:1";
    run_now(engine.create(std::move(spec)));
  }
  for (const auto& [where, flaw] : scenario_.flaws) {
    if (flaw == Flaw::LeaksCredential) {
      engine.set_in_image(fmt::format("id-{}:{}", where.first, where.second),
                          fmt::format("PGPASSWORD=the value of /etc/{}/migration_password", where.first));
    }
  }
  for (const auto& [name, balancer] : balancers) post_strangers(name);
}

// They stand in the load balancer's own file: a reload does not forget them.
void World::post_strangers(const std::string& name) {
  auto& balancer = *balancers.at(name);
  for (const auto& backend : balancer.backends()) {
    for (const auto& stranger : names_like_ours(backend.substr(0, backend.rfind('_')))) {
      ports::ServerSpec spec;
      spec.name = stranger;
      spec.address = "127.0.0.1:7";
      run_now(balancer.attach(backend, std::move(spec)));
    }
  }
}

std::string World::missing_of_strangers() {
  for (const auto& [name, balancer] : balancers) {
    for (const auto& backend : balancer->backends()) {
      const auto servers = balancer->look(backend);
      for (const auto& stranger : names_like_ours(backend.substr(0, backend.rfind('_')))) {
        if (std::ranges::find(servers, stranger, &world::Server::name) == servers.end())
          return fmt::format("{} of {}/{}", stranger, name, backend);
      }
    }
  }
  return "";
}

}  // namespace teal::simulation
