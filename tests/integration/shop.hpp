// The application that the integration tests install: the sample, as a manifest with the words that a test may change.
#pragma once

#include <map>
#include <string>

namespace teal::test {

struct Shop {
  std::string name = "shop";
  std::string version = "1";
  std::string image = "sample";
  int replicas = 2;
  int workers = 1;  // 0: no worker at all
  std::string worker_replace = "Overlap";
  std::string strategy = "BlueGreen";
  std::string bake = "500ms";
  std::string startup = "20s";
  std::string drain = "10s";
  std::string load_balancer;  // what stands in its braces; empty: the stage's one backend, which is the shop's
  std::string grace = "15s";
  std::string migration_timeout = "30s";
  int migration_attempts = 3;
  std::string database;                           // its name; filled in by the stage
  std::string env_file = "";                      // docker --env-file
  std::map<std::string, std::string> env;         // of every container
  std::map<std::string, std::string> worker_env;  // of the worker's
  bool worker_as_files = false;                   // the worker reads its secrets from files
  bool guarded = false;                           // its migration job names its database: lock, ledger, preflight
  std::string migration_more;                     // further lines below spec.migration
  std::string more_jobs;                          // further migration jobs, as they stand in the manifest
  std::string more;                               // further lines below spec
};

}  // namespace teal::test
