// The description (wire/field.hpp) of what changed in a spec.
#pragma once

#include "manifests/spec/diff.hpp"
#include "manifests/wire/field.hpp"

namespace teal::wire {

template <class V>
void describe(V& v, Is<spec::FieldChange> auto& change) {
  v.type("PlanChange");
  v("path", change.path);
  v("from", change.from);
  v("to", change.to);
}

}  // namespace teal::wire
