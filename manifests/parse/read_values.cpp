#include "manifests/parse/fields.hpp"

namespace teal::yaml {

using Kind = spec::ValueSource::Kind;

bool read(const Field& field, spec::ValueSource& out) {
  if (!field.is_given()) return false;
  if (field.node->kind != Node::Kind::Mapping) {
    if (field.node->kind != Node::Kind::Scalar) {
      field.wrong_type("text, or one of {fromFile: …}, {fromEnv: …}, {fromExec: […]}");
      return false;
    }
    out.kind = Kind::Literal;
    return read(field, out.text);
  }
  Section section{field};
  const auto file = section.get("fromFile");
  const auto variable = section.get("fromEnv");
  const auto exec = section.get("fromExec");
  const auto env = section.get("env");
  section.finish();
  const int given = int{file.is_given()} + int{variable.is_given()} + int{exec.is_given()};
  if (given != 1) {
    field.error("expected exactly one of fromFile, fromEnv and fromExec");
    return false;
  }
  if (env.is_given() && !exec.is_given()) env.error("only a program has an environment: env stands beside fromExec");
  if (file.is_given()) {
    out.kind = Kind::File;
    return read(file, out.text);
  }
  if (variable.is_given()) {
    out.kind = Kind::Environment;
    return read(variable, out.text);
  }
  out.kind = Kind::Exec;
  read(env, out.env);
  return read(exec, out.command);
}

}  // namespace teal::yaml
