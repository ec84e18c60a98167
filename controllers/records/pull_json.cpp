#include "controllers/records/pull_json.hpp"

namespace teal {

boost::json::object to_json(const PullProgress& progress) {
  boost::json::object out;
  out["layersDone"] = progress.layers_done;
  out["layers"] = progress.layers;
  out["bytesDone"] = progress.bytes_done;
  out["bytes"] = progress.bytes;
  return out;
}

PullProgress read_pull(const JsonReader& reader) {
  PullProgress progress;
  progress.layers_done = reader.number<int>("layersDone");
  progress.layers = reader.number<int>("layers");
  progress.bytes_done = reader.number<std::uint64_t>("bytesDone");
  progress.bytes = reader.number<std::uint64_t>("bytes");
  return progress;
}

}  // namespace teal
