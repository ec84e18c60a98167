#include "manifests/parse/manifest_name.hpp"

#include <gtest/gtest.h>

namespace teal::test {
namespace {

TEST(ManifestNames, AreYamlWithoutWhatEditorsLeaveBehind) {
  for (const auto* name : {"a.yaml", "a.yml", "a.b.yaml", "4913.yaml", "-x.yaml", "a (1).yaml"}) {
    EXPECT_TRUE(yaml::is_manifest_name(name)) << name;
  }
  for (const auto* name :
       {"", "a", "a.json", ".a.yaml", ".yaml", ".yml", "a.yaml~", "a.yaml.swp", ".a.yaml.swp", ".#a.yaml", "#a.yaml#",
        "#a.yaml", "4913", "a.yaml.bak", "a.yaml.dpkg-new", "a.yaml.rpmsave", "a.yaml.part", "yaml", "ayaml"}) {
    EXPECT_FALSE(yaml::is_manifest_name(name)) << name;
  }
}

TEST(ManifestNames, MayBeInCapitals) {
  for (const auto* name : {"SHOP.YAML", "shop.YAML", "Shop.Yml", "shop.YML"}) {
    EXPECT_TRUE(yaml::is_manifest_name(name)) << name;
  }
  for (const auto* name : {".YAML", ".SHOP.YAML", "SHOP.YAML.BAK"}) EXPECT_FALSE(yaml::is_manifest_name(name)) << name;
}

}  // namespace
}  // namespace teal::test
