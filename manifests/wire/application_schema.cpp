#include "manifests/wire/application_schema.hpp"

#include <boost/json/parse.hpp>

#include "manifests/wire/application.hpp"
#include "manifests/wire/schema.hpp"

namespace teal::wire {

namespace json = boost::json;

json::object application_schema() {
  Definitions definitions;
  definitions.all = json::parse(wire::forms_schema()).as_object();
  SchemaWriter writer{definitions};
  spec::Application sample;
  describe(writer, sample);
  json::object schema{
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"title", "Teal: kind Application"},
      {"description", "For editors. teald's own validator knows more rules, those between keys above all."}};
  for (auto& [key, value] : writer.take()) schema[key] = value;
  schema["patternProperties"] = {{"^x-", true}};  // what its writers alias elsewhere (*name)
  schema["$defs"] = std::move(definitions.all);
  return schema;
}

}  // namespace teal::wire
