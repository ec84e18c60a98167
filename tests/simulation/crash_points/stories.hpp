// What stories are made of. Private to *stories.cpp.
#pragma once

#include "tests/simulation/crash_points/scenario.hpp"

namespace teal::simulation {

void install(Theatre& theatre);

// Version 1 is installed with this change of the usual spec; then 2 is wanted.
[[nodiscard]] Story upgrade(std::string name, const std::function<void(spec::ApplicationSpec&)>& change);
// … and 1 serves in the end.
[[nodiscard]] Story rolled_back(std::string name, const std::function<void(spec::ApplicationSpec&)>& change,
                                std::function<void(Theatre&)> play);

// operators_stories.cpp: going back, vendors' rules, analysis, and what strangers have in the way.
void add_rollbacks(std::vector<Story>& all);
void add_vendors_rules(std::vector<Story>& all);
void add_analysis(std::vector<Story>& all);
void add_strangers(std::vector<Story>& all);

// memory_stories.cpp: the store is lost or older than the world, and what people make anew.
void add_memory_losses(std::vector<Story>& all);

// job_stories.cpp: hooks, the post-deployment step, the walk over required stops.
void add_job_ways(std::vector<Story>& all);

}  // namespace teal::simulation
