// Who manages which field of an application: what Kubernetes shows as metadata.managedFields, and what server-side
// apply decides by. Pure; kept in an annotation of the API's own (daemon/api/annotations.hpp).
//
// A list whose items all have a `name` is one of named things, each of which may have its own managers; any other list,
// and where a value is read from ({fromFile: …}), is one field.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/api/confirmation.hpp"

namespace teal::api {

using FieldPath = std::vector<std::string>;  // in the words of FieldsV1: "f:spec", "f:components", k:{"name":"api"}
using FieldPaths = std::set<FieldPath>;

// What clients manage of a document: labels, annotations and the spec.
[[nodiscard]] FieldPaths fields_of(const boost::json::object& document);

class Ownership {
 public:
  Ownership() = default;
  // From metadata.managedFields or the annotation's text; what cannot be read is nobody's.
  [[nodiscard]] static Ownership of(const boost::json::array& managed_fields);
  [[nodiscard]] static Ownership of_text(std::string_view text);

  [[nodiscard]] boost::json::array managed_fields() const;
  [[nodiscard]] std::string text() const;  // empty: nobody manages anything
  [[nodiscard]] bool empty() const { return managers_.empty(); }

  // The fields that `manager` applied last and does not any more, and that nobody else manages.
  [[nodiscard]] FieldPaths given_up(const std::string& manager, const FieldPaths& applied) const;
  // Fields that `manager` applies and others manage with another value; each a cause that names who.
  [[nodiscard]] std::vector<objects::CauseObject> conflicts(const std::string& manager, const FieldPaths& applied,
                                                            const boost::json::object& live,
                                                            const boost::json::object& wanted) const;
  // `manager` has applied these; of others it has taken what differed.
  void applied(const std::string& manager, const FieldPaths& applied, const boost::json::object& live,
               const boost::json::object& wanted, const std::string& time);
  // `manager` has written the whole object, or patched it.
  void updated(const std::string& manager, const boost::json::object& live, const boost::json::object& wanted,
               const std::string& time);

 private:
  struct Manager {
    std::string name;
    std::string operation;  // Apply | Update
    std::string time;
    FieldPaths fields;
  };
  Manager& manager(const std::string& name, std::string_view operation);
  void take_away(const Manager* from_all_but, const FieldPaths& fields);

  std::vector<Manager> managers_;
};

// An applied document merged into the one that is there, named things by their names.
void merge_applied(boost::json::value& live, const boost::json::value& applied);
void remove_fields(boost::json::object& document, const FieldPaths& fields);

}  // namespace teal::api
