// `store: {postgres: {url: …, migrationUrl: …}}`, which this release reads and does not have yet.
#include "daemon/config/fields.hpp"
#include "daemon/drivers/drivers.hpp"

namespace teal::postgres_store {
namespace {

void read_postgres(const yaml::Field& field) {
  yaml::Section section{field};
  spec::ValueSource url;            // of the role that teald works with
  spec::ValueSource migration_url;  // of the role that changes teald's own tables
  config::read_source(section.need("url"), url);
  config::read_source(section.get("migrationUrl"), migration_url);
  section.finish();
}

}  // namespace

}  // namespace teal::postgres_store

namespace teal::drivers {

void register_store_postgres(Drivers& drivers) {
  Driver<MakeStore> driver;
  driver.key = "postgres";
  driver.instead = "use store: {sqlite: /var/lib/teal/teal.db}";
  driver.read = [](const yaml::Field& field) -> MakeStore {
    postgres_store::read_postgres(field);
    return {};
  };
  drivers.stores.push_back(std::move(driver));
}

}  // namespace teal::drivers
