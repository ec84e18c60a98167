// `store: {sqlite: /var/lib/teal/teal.db}`
#include "daemon/config/fields.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/stores/sqlite/sqlite_store.hpp"
#include "daemon/drivers/stores/sqlite/store_files.hpp"

namespace teal::sqlite {
namespace {

boost::asio::awaitable<Result<drivers::StorePart>> open_sqlite_part(std::string path, drivers::DriverContext context,
                                                                    stores::LogLimits logs) {
  auto store = co_await open_sqlite_store(context.threads(1), path, logs);
  if (!store) co_return store.error();
  drivers::StorePart part;
  part.port = std::move(*store);
  part.key_file = path + ".key";
  co_return part;
}

}  // namespace

}  // namespace teal::sqlite

namespace teal::drivers {

void register_store_sqlite(Drivers& drivers) {
  Driver<MakeStore> driver;
  driver.key = "sqlite";
  driver.is_default = true;
  driver.read = [](const yaml::Field& field) {
    std::string path = "/var/lib/teal/teal.db";
    config::read_path(field, path);
    MakeStore make;
    make.open = [path](DriverContext context, stores::LogLimits logs) {
      return sqlite::open_sqlite_part(path, std::move(context), logs);
    };
    make.check = [path] { return sqlite::judge_store_files(path); };
    return make;
  };
  drivers.stores.push_back(std::move(driver));
}

}  // namespace teal::drivers
