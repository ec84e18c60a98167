// One reader for each part of an Application; see Section for what they promise.
#pragma once

#include "manifests/application.hpp"
#include "manifests/parse/reader.hpp"

namespace teal {

bool read(const yaml::Field& field, ValueSource& out);
bool read(const yaml::Field& field, Mount& out);
bool read(const yaml::Field& field, Security& out);
bool read(const yaml::Field& field, Job& out);
bool read(const yaml::Field& field, Migration& out);
bool read(const yaml::Field& field, Hooks& out);
bool read(const yaml::Field& field, Component& out);
bool read(const yaml::Field& field, Analysis& out);
bool read(const yaml::Field& field, Window& out);
bool read(const yaml::Field& field, RolloutPolicy& out);
bool read(const yaml::Field& field, UpgradePolicy& out);
bool read(const yaml::Field& field, ApplicationSpec& out);

}  // namespace teal
