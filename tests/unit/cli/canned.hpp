// What teald would answer, for tests of the command line.
#pragma once

#include <string>

namespace teal::cli {

// An application in the middle of 1.0 → 1.1, rollout shop-7 in Starting; `rollout` replaces the name of its latest.
inline std::string canned_application(const std::string& phase = "Progressing", const std::string& rollout = "shop-7") {
  return R"({"apiVersion":"teal/v1","kind":"Application",
 "metadata":{"name":"shop","generation":4,"resourceVersion":"12","creationTimestamp":"2026-11-22T17:00:00Z"},
 "spec":{"version":"1.1","image":"shop"},
 "status":{"observedGeneration":4,"phase":")" +
         phase + R"(","message":"waiting for api replica 1 of revision 7","activeVersion":"1.0","activeRevision":6,
  "rollout":")" +
         rollout + R"(","conditions":[
   {"type":"Ready","status":"True","reason":"AllReady","message":"","lastTransitionTime":"2026-11-22T17:00:00Z"},
   {"type":"Orphaned","status":"True","reason":"FileGone","message":"shop.yaml is gone"},
   {"type":"Serving","status":"False","reason":"","message":"waiting for api"},
   {"type":"Migrated","status":"False","reason":"Migrating","message":"default runs"}],
  "components":[{"name":"api","desired":2,"ready":2,"replicas":[
    {"name":"teal-shop-api-r7-0","revision":7,"state":"Running","address":"127.0.0.1:4001","health":"healthy: 200","loadBalancer":"NotRegistered","sessions":0},
    {"name":"teal-shop-api-r7-1","revision":7,"state":"Running","address":"127.0.0.1:4002","health":"1 of 2 needed: 503: database unreachable","loadBalancer":"NotRegistered","sessions":0},
    {"name":"teal-shop-api-r6-0","revision":6,"state":"Running","address":"127.0.0.1:4003","health":"healthy: 200","loadBalancer":"Up","sessions":1},
    {"name":"teal-shop-api-r6-1","revision":6,"state":"Exited","address":"","health":"","loadBalancer":"Down","sessions":0}]},
   {"name":"worker","desired":1,"ready":1,"replicas":[
    {"name":"teal-shop-worker-r6-0","revision":6,"state":"Running","address":"","health":"running","loadBalancer":"","sessions":0}]}]}})";
}

// Its rollout, in any phase.
inline std::string canned_rollout(const std::string& phase = "Starting",
                                  const std::string& message = "1 of 2 healthy") {
  const bool ended = phase == "Complete" || phase == "RolledBack" || phase == "Failed" || phase == "Superseded";
  return R"({"apiVersion":"teal/v1","kind":"Rollout","metadata":{"name":"shop-7"},
 "spec":{"application":"shop","revision":7,"generation":4},
 "status":{"phase":")" +
         phase + R"(","reason":"WaitingForHealth","message":")" + message +
         R"(","fromVersion":"1.0","toVersion":"1.1","imageDigest":"sha256:abc","startedAt":"2026-11-22T17:00:00Z",)" +
         (ended ? R"("finishedAt":"2026-11-22T17:03:12Z",)" : "") + R"("phases":[
   {"phase":"Pending","startedAt":"2026-11-22T17:00:00Z","finishedAt":"2026-11-22T17:00:00Z"},
   {"phase":"Preparing","startedAt":"2026-11-22T17:00:00Z","finishedAt":"2026-11-22T17:00:02.100Z"},
   {"phase":"Migrating","startedAt":"2026-11-22T17:00:02.100Z","finishedAt":"2026-11-22T17:00:33.100Z"},
   {"phase":")" +
         phase + R"(","startedAt":"2026-11-22T17:00:33Z"}],
  "migration":[{"job":"default","state":"Succeeded","attempts":1,"exitCode":0,"startedAt":"2026-11-22T17:00:02.100Z","finishedAt":"2026-11-22T17:00:33.100Z"}],
  "traffic":{"probes":123,"failed":0,"loadBalancerErrors":2,"latencySeconds":{"p50":0.0011,"p99":0.0245,"max":0.031}}}})";
}

}  // namespace teal::cli
