// Certificates for tests, made with the openssl program in a folder that goes with this.
#pragma once

#include <stdlib.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace teal::test {

class Certificates {
 public:
  Certificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "teal-certificates-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string pem(const std::string& name) const { return folder_ + "/" + name + ".pem"; }
  [[nodiscard]] std::string key(const std::string& name) const { return folder_ + "/" + name + ".key"; }
  [[nodiscard]] static std::string text(const std::string& path) {
    std::ifstream stream{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
  }

  void run(const std::string& command) const {
    if (std::system(("cd " + folder_ + " && " + command + " >>openssl.log 2>&1").c_str()) != 0) {
      throw std::runtime_error(command + ": " + text(folder_ + "/openssl.log"));
    }
  }

  void make_authority(const std::string& name) const {
    run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " + name +
        ".pem -days 2 -subj /CN=" + name);
  }

  // `subject` as for -subj; `extensions`: lines of an extension file.
  void sign(const std::string& name, const std::string& authority, const std::string& subject,
            const std::string& extensions = "subjectAltName=DNS:localhost,IP:127.0.0.1") const {
    ask(name, subject, extensions);
    run("openssl x509 -req -in " + name + ".csr -CA " + authority + ".pem -CAkey " + authority +
        ".key -CAcreateserial -days 1 -out " + name + ".pem -extfile " + name + ".ext");
  }

  // "openssl ca" alone can date a certificate back.
  void sign_expired(const std::string& name, const std::string& authority, const std::string& subject) const {
    ask(name, subject, "subjectAltName=DNS:localhost");
    std::ofstream{folder_ + "/index.txt", std::ios::trunc};
    std::ofstream{folder_ + "/serial"} << "0F\n";
    std::ofstream{folder_ + "/ca.cnf"}
        << "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nserial=serial\n"
           "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
           "organizationName=optional\n";
    run("openssl ca -batch -config ca.cnf -cert " + authority + ".pem -keyfile " + authority + ".key -in " + name +
        ".csr -out " + name + ".pem -notext -extfile " + name +
        ".ext -startdate 20200101000000Z -enddate 20200102000000Z");
  }

 private:
  void ask(const std::string& name, const std::string& subject, const std::string& extensions) const {
    std::ofstream{folder_ + "/" + name + ".ext"} << extensions << "\n";
    run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -utf8 -keyout " + name + ".key -out " + name +
        ".csr -subj '" + subject + "'");
    ::chmod(key(name).c_str(), 0600);
  }

  std::string folder_;
};

}  // namespace teal::test
