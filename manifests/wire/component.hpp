// The descriptions (wire/field.hpp) of what runs: components, and what jobs have in common with them.
#pragma once

#include "manifests/spec/application.hpp"
#include "manifests/spec/names.hpp"
#include "manifests/wire/field.hpp"
#include "manifests/wire/forms.hpp"

namespace teal::wire {

template <class V>
void describe(V& v, Is<spec::Mount> auto& mount) {
  v.type("mount");
  v("source", mount.source, {.required = true, .form = "mountPath"});
  v("target", mount.target, {.required = true, .form = "mountPath"});
  v("readOnly", mount.read_only);
}

template <class V>
void describe(V& v, Is<spec::Security> auto& security) {
  v.type("security");
  v("user", security.user,
    {.says = "a user of the container: name|uid[:group|gid]; default: the image's",
     .omitted = true,
     .pattern = "^([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})?)?$",
     .rule = R"({"type": ["string", "integer"], "minimum": 0, "maximum": 2147483647})",
     .as_written = true});
  v("readOnlyRootFilesystem", security.read_only_root_filesystem);
  v("noNewPrivileges", security.no_new_privileges);
  v.group("capabilities", {}, [&](auto& sets) {
    sets("drop", security.drop, {}, Capabilities{});
    sets("add", security.add, {}, Capabilities{});
  });
  v("pids", security.pids,
    {.says = "processes and threads at most; 0: no limit", .least = 0, .most = 4'194'304});  // the kernel's own limit
}

template <class V>
void describe(V& v, Is<spec::HealthCheck> auto& health) {
  v.type("health");
  v("path", health.path, {.pattern = R"(^/[!-\"$-~]*$)", .longest = 2048});
  v("interval", health.interval, {.shortest = Duration{10}});
  v("timeout", health.timeout, {.shortest = Duration{10}});
  v("successes", health.successes, {.least = 1, .most = 1000});
  v("failures", health.failures, {.least = 1, .most = 1000});
  v("startup", health.startup, {.shortest = Duration{1}});
  v.group("expect", {}, [&](auto& expect) {
    expect("status", health.expected_status, {.form = "statuses"});
    expect("json", health.expected_json, {}, JsonByPointer{});
  });
  v("headers", health.headers,
    {.says = "sent with each check, directly and through the load balancer; Host included", .form = "environment"});
}

template <class V>
void describe(V& v, Is<spec::Route> auto& route) {
  v.type("route");
  v("host", route.host,
    {.says = "*.example.com takes each host of one label more; default: every host without a route of its own",
     .omitted = true,
     .form = "routeHost",
     .if_empty = "expected a host name, or no host at all for every host without a route of its own"});
  v("path", route.path, {.says = "this path and what is below it; the longest one wins", .form = "routePath"});
  v("held", route.held,
    {.says = "how long a request may wait while no replica serves, as during a Recreate", .omitted = true});
}

template <class V>
void describe(V& v, Is<spec::LoadBalancerUse> auto& use) {
  v.type("loadBalancer");
  v("name", use.name, {.required = true, .form = "loadBalancerName"});
  v("backend", use.backend,
    {.says = "default: {application}_{component}",
     .omitted = true,
     .form = "loadBalancerName",
     .if_empty = "expected 1 to 102 letters, digits and . - _ :, or no backend at all for {application}_{component}"});
  v("routes", use.routes,
    {.says = "which requests it gets; managed load balancers only", .omitted = true, .most_items = 100});
  v("drain", use.drain);
}

template <class V>
void describe(V& v, Is<spec::Stop> auto& stop) {
  v.type("stop");
  v("signal", stop.signal,
    {.rule = R"({"enum": ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGKILL"]})"});
  v("grace", stop.grace);
}

template <class V>
void describe(V& v, Is<spec::Resources> auto& resources) {
  v.type("resources");
  v("memory", resources.memory_bytes, {}, Memory{});
  v("cpus", resources.cpus, {.least = 0.01, .most = 1024});
}

template <class V>
void describe(V& v, Is<spec::Component> auto& component) {
  v.type("component");
  v("name", component.name, {.required = true, .form = "name"});
  v("replicas", component.replicas, {.least = 0, .most = 100});
  v("command", component.command, {.form = "command"});
  v("env", component.env, {.form = "environment"});
  v("asFiles", component.secrets_as_files);
  v("port", component.port, {.least = 1, .most = 65535});
  v("health", component.health, {.when = component.port.has_value()});  // without a port there is nobody to ask
  v.only_with("health", "port", "a health check needs a port to ask: give the component a port");
  v("loadBalancer", component.load_balancer);
  v.only_with("loadBalancer", "port", "a load balancer needs a port to send traffic to: give the component a port");
  v("stop", component.stop);
  v("resources", component.resources);
  v("mounts", component.mounts, {.most_items = 100});
  v("security", component.security);
  v("replace", component.replace);
}

}  // namespace teal::wire
