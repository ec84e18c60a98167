// The descriptions (wire/field.hpp) of how a version is rolled out.
#pragma once

#include "manifests/spec/application.hpp"
#include "manifests/spec/names.hpp"
#include "manifests/wire/field.hpp"
#include "manifests/wire/forms.hpp"

namespace teal::wire {

template <class V>
void describe(V& v, Is<spec::Analysis> auto& analysis) {
  v.type("analysis");
  v("name", analysis.name, {.required = true, .form = "name"});
  v("query", analysis.query,
    {.says = "PromQL that gives one number; $revision, $version and $application are filled in",
     .required = true,
     .form = "text",
     .rule = R"({"minLength": 1})"});
  v("max", analysis.max);
  v("min", analysis.min);
  v("interval", analysis.interval, {.shortest = Duration{100}});
  v("failures", analysis.failures, {.least = 1, .most = 1000});
  v("onNoData", analysis.on_no_data);
  v("compareToOld", analysis.compare_to_old,
    {.says = "max and min hold for the new revision's value less the old one's; the query needs $revision or $version. "
             "Without an old revision that runs beside it, it passes"});
  v.rule(R"json({"if": {"properties": {"compareToOld": {"const": true}}, "required": ["compareToOld"]},
             "then": {"properties": {"query": {"pattern": "\\$(revision|version)(?![A-Za-z0-9_])"}}},
             "anyOf": [{"required": ["max"]}, {"required": ["min"]}]})json");
}

template <class V>
void describe(V& v, Is<spec::Window> auto& window) {
  v.type("window");
  v("days", window.days, {.rule = R"({"uniqueItems": true})"});
  v("from", window.from_minute, wire::needed,
    Clock{23 * 60 + 59, R"({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})"});
  v("to", window.to_minute, wire::needed,
    Clock{24 * 60, R"({"type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"})"});
  v("timezone", window.timezone, {.pattern = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"});
}

template <class V>
void describe(V& v, Is<spec::RolloutPolicy> auto& rollout) {
  v.type("rollout");
  v("strategy", rollout.strategy);
  v("approval", rollout.approval);
  v("bake", rollout.bake);
  v("keepOld", rollout.keep_old);
  v("deadline", rollout.deadline, {.shortest = Duration{1000}});
  v("onFailure", rollout.on_failure);
  v("analysis", rollout.analysis, {.most_items = 50});
  v("windows", rollout.windows, {.most_items = 100});
}

template <class V>
void describe(V& v, Is<spec::UpgradePolicy> auto& policy) {
  v.type("upgradePolicy");
  v("train", policy.train, {.least = 1, .most = 10});
  v("outsideTrain", policy.outside_train);
  v("acknowledged", policy.acknowledged, {.form = "version", .as_written = true});
  v("stops", policy.stops, {.most_items = 100, .items = "version", .as_written = true});
  v("hops", policy.hops);
}

}  // namespace teal::wire
