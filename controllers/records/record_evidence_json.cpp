#include "controllers/records/record_evidence_json.hpp"

namespace teal {
namespace {

namespace json = boost::json;

// What says nothing is left out: most containers are well.
void put(json::object& object, std::string_view key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

void put(json::object& object, std::string_view key, const std::optional<Time>& time) {
  if (time) object[key] = format_time(*time);
}

json::object container_json(const ContainerEvidence& container) {
  json::object out;
  out["container"] = container.container;
  out[container.job ? "job" : "component"] = container.unit;
  out["revision"] = container.revision;
  out["state"] = container.state;
  if (container.exit_code) {
    out["exitCode"] = *container.exit_code;
    out["exitWitnessed"] = container.exit_witnessed;
  }
  if (container.out_of_memory) out["outOfMemory"] = true;
  put(out, "engineError", container.engine_error);
  put(out, "security", container.security);
  put(out, "answer", container.answer);
  put(out, "body", container.body);
  if (container.failures > 0) out["failures"] = container.failures;
  put(out, "startedAt", container.started_at);
  put(out, "finishedAt", container.finished_at);
  return out;
}

json::object server_json(const ServerEvidence& server) {
  json::object out;
  out["loadBalancer"] = server.load_balancer;
  out["backend"] = server.backend;
  out["server"] = server.server;
  out["state"] = server.state;
  put(out, "check", server.check);
  out["sessions"] = server.sessions;
  out["errors"] = server.errors;
  if (server.removed) out["removed"] = true;
  return out;
}

std::string optional_text(const JsonReader& reader, std::string_view key) {
  return reader.has(key) ? reader.text(key) : std::string{};
}

ContainerEvidence read_container(const JsonReader& reader) {
  ContainerEvidence container;
  container.container = reader.text("container");
  container.job = reader.has("job");
  container.unit = reader.text(container.job ? "job" : "component");
  container.revision = reader.number<int>("revision");
  container.state = reader.text("state");
  if (reader.has("exitCode")) {
    container.exit_code = reader.number<int>("exitCode");
    container.exit_witnessed = reader.flag("exitWitnessed");
  }
  container.out_of_memory = reader.has("outOfMemory");
  container.engine_error = optional_text(reader, "engineError");
  container.security = optional_text(reader, "security");
  container.answer = optional_text(reader, "answer");
  container.body = optional_text(reader, "body");
  if (reader.has("failures")) container.failures = reader.number<int>("failures");
  container.started_at = reader.optional_time("startedAt");
  container.finished_at = reader.optional_time("finishedAt");
  return container;
}

ServerEvidence read_server(const JsonReader& reader) {
  ServerEvidence server;
  server.load_balancer = reader.text("loadBalancer");
  server.backend = reader.text("backend");
  server.server = reader.text("server");
  server.state = reader.text("state");
  server.check = optional_text(reader, "check");
  server.sessions = reader.number<int>("sessions");
  server.errors = reader.number<std::uint64_t>("errors");
  server.removed = reader.has("removed");
  return server;
}

}  // namespace

json::array to_json(const std::vector<ServerEvidence>& servers) {
  json::array all;
  for (const auto& one : servers) all.push_back(server_json(one));
  return all;
}

std::vector<ServerEvidence> read_servers(const JsonReader& reader, std::string_view key) {
  std::vector<ServerEvidence> servers;
  if (!reader.has(key)) return servers;
  for (const auto& item : reader.items(key)) servers.push_back(read_server(item));
  return servers;
}

json::object to_json(const Evidence& evidence) {
  json::object out;
  out["at"] = format_time(evidence.at);
  out["reason"] = evidence.reason;
  json::array containers;
  for (const auto& one : evidence.containers) containers.push_back(container_json(one));
  out["containers"] = std::move(containers);
  out["servers"] = to_json(evidence.servers);
  json::array problems;
  for (const auto& one : evidence.load_balancer_problems) {
    json::object problem;
    problem["message"] = one;
    problems.push_back(std::move(problem));
  }
  if (!problems.empty()) out["loadBalancerProblems"] = std::move(problems);
  put(out, "traffic", evidence.traffic);
  return out;
}

Evidence read_evidence(const JsonReader& reader) {
  Evidence evidence;
  evidence.at = reader.time("at");
  evidence.reason = reader.text("reason");
  for (const auto& item : reader.items("containers")) evidence.containers.push_back(read_container(item));
  evidence.servers = read_servers(reader, "servers");
  if (reader.has("loadBalancerProblems")) {
    for (const auto& item : reader.items("loadBalancerProblems")) {
      evidence.load_balancer_problems.push_back(item.text("message"));
    }
  }
  evidence.traffic = optional_text(reader, "traffic");
  return evidence;
}

}  // namespace teal
