// The descriptions (wire/field.hpp) of an application's spec as a whole; its parts are in the headers beside this one.
#pragma once

#include "manifests/wire/component.hpp"
#include "manifests/wire/jobs.hpp"
#include "manifests/wire/rollout.hpp"

namespace teal::wire {

template <class V>
void describe(V& v, Is<spec::Adopt> auto& adopt) {
  v.type("adopt");
  v("containers", adopt.containers,
    {.says = "names, on the application's engine", .most_items = 100, .items = "container"});
  v("servers", adopt.servers,
    {.says = "load balancer and server: edge/old1", .most_items = 100, .items = "balancerServer"});
  v("stop", adopt.stop, {.says = "stop the containers once they are out of traffic"});
  v.rule(R"({"anyOf": [{"required": ["containers"]}, {"required": ["servers"]}]})");
}

template <class V>
void describe(V& v, Is<spec::ApplicationSpec> auto& spec) {
  v.type("spec");
  v("version", spec.version,
    {.says = "the one line that a version bump edits", .required = true, .form = "tag", .as_written = true});
  v("image", spec.image,
    {.says = "a repository, whose tag is spec.version; repo:tag or repo@sha256:… pins instead",
     .required = true,
     .form = "image"});
  v("pullPolicy", spec.pull_policy);
  v("engine", spec.engine,
    {.omitted = true,
     .form = "name",
     .if_empty = "expected the name of an engine; leave the key out for the first one"});
  v("envFiles", spec.env_files, {.most_items = 100, .items = "absolutePath"});
  v("env", spec.env, {.form = "environment"});
  v("migration", spec.migration);
  v("components", spec.components, {.required = true, .least_items = 1, .most_items = 50});
  v("rollout", spec.rollout);
  v("upgradePolicy", spec.upgrade_policy);
  v("hooks", spec.hooks);
  v("restartOnChange", spec.restart_on_change);
  v("suspend", spec.suspend);
  v("adopt", spec.adopt, {.says = "what ran before Teal, in the manifest of a first installation"});
}

template <class V>
void describe(V& v, Is<spec::Application> auto& application) {
  v.type("application");
  v.constant("apiVersion", "teal/v1");
  v.constant("kind", "Application");
  v.group("metadata", wire::needed, [&](auto& metadata) {
    metadata("name", application.name, {.required = true, .form = "name"});
    metadata("labels", application.labels, {.form = "labels"});
  });
  v("spec", application.spec, wire::needed);
}

}  // namespace teal::wire
