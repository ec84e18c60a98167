// How far the pull of an image is.
#pragma once

#include <cstdint>

#include "manifests/wire/field.hpp"

namespace teal::objects {

// Layers become known one by one, so the totals grow.
struct PullProgress {
  int layers_done = 0;
  int layers = 0;
  std::uint64_t bytes_done = 0;  // downloaded
  std::uint64_t bytes = 0;

  bool operator==(const PullProgress&) const = default;
};

template <class V>
void describe(V& v, wire::Is<PullProgress> auto& pull) {
  v.type("PullProgress");
  v("layersDone", pull.layers_done);
  v("layers", pull.layers);
  v("bytesDone", pull.bytes_done);
  v("bytes", pull.bytes);
}

}  // namespace teal::objects
