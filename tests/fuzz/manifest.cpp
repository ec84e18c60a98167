// Manifests: any text is an application or a list of what is wrong with it; what was read is written and read again as
// the same.
#include <boost/json/serialize.hpp>
#include <cstdint>

#include "manifests/parse/parse.hpp"
#include "manifests/spec/diff.hpp"
#include "manifests/validate/supported.hpp"
#include "manifests/wire/json.hpp"
#include "tests/fuzz/expectation.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using teal::fuzz::expect;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto parsed = teal::yaml::parse_application(text, "fuzz.yaml");
  expect(parsed.application.has_value() == parsed.diagnostics.empty(), "an application or diagnostics");
  (void)teal::spec::to_string(parsed.diagnostics);
  if (!parsed.application) return 0;
  const auto& application = *parsed.application;
  const auto written = boost::json::serialize(teal::wire::to_json(application));
  const auto again = teal::yaml::parse_application(written, "again.json");
  expect(again.application.has_value(), "what was written is read again");
  expect(*again.application == application, "as the same");
  expect(teal::spec::diff(application, *again.application).empty(), "no difference to itself");
  expect(teal::spec::classify(application.spec, again.application->spec) == teal::spec::ChangeKind::None,
         "no change to itself");
  expect(teal::spec::template_hash(application.spec) == teal::spec::template_hash(again.application->spec),
         "one identity");
  (void)boost::json::serialize(teal::wire::to_public_json(application));
  return 0;
}
