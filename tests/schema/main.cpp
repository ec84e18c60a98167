// Prints the JSON schema of a manifest, for manifests/schema/application.schema.json.
#include <cstdio>

#include "cli/presentation/document.hpp"
#include "manifests/wire/application_schema.hpp"

int main() {
  std::fputs(teal::cli::render_document(teal::wire::application_schema(), teal::cli::Format::Json).c_str(), stdout);
  return 0;
}
