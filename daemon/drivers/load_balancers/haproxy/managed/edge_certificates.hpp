// Certificates and ACME challenges of a managed HAProxy: what lies in their folders is served, without a reload.
//
// HAProxy never reads the folders themselves: what it could not load would keep it from starting. teald copies what is
// whole into {directory}/certificates, and tells the running process of it. Challenges of HTTP-01 are files below
// {directory}/acme/.well-known/acme-challenge, where `certbot --webroot -w {directory}/acme` and
// `lego --http.webroot {directory}/acme` put them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "controllers/world/certificate.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_files.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_folder.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_process.hpp"
#include "daemon/runtime/certificate_bundle.hpp"

namespace teal::haproxy {

class EdgeCertificates {
 public:
  EdgeCertificates(EdgePlace place, std::string folder) : place_(std::move(place)), folder_(std::move(folder)) {}

  // Whether the files of its folders are others than those that `read` saw last. Blocks.
  [[nodiscard]] bool has_changed() const;
  // Reads the folders and writes the copies, the list and the maps. Blocks. Error: of the directory. What cannot be
  // used is left out and told once.
  [[nodiscard]] Result<void> read();
  // What is new to say of it, each once.
  [[nodiscard]] std::vector<std::string> take_news() { return std::exchange(news_, {}); }
  // When those that are served end, by the name of their file.
  [[nodiscard]] std::map<std::string, Time> expiries() const;
  [[nodiscard]] std::vector<world::Certificate> served() const;
  // Makes the process serve what was read. What HAProxy refuses is left out like what cannot be used: the one before
  // goes on, and no other has to wait for it.
  [[nodiscard]] boost::asio::awaitable<Result<void>> tell(EdgeProcess& process, std::string pid);
  // It does so already.
  [[nodiscard]] bool are_told(const std::string& pid) const { return told_ == pid; }

 private:
  using Stamps = std::map<std::string, FileStamp>;

  [[nodiscard]] Stamps stamps() const;
  [[nodiscard]] std::string copy_of(const std::string& name) const;
  [[nodiscard]] std::string challenges() const;
  void read_bundles();
  void read_challenges();
  Result<void> write_copies();
  void set_aside(const std::string& name, const std::string& problem);
  void tell_problem(const std::string& name, std::string problem);
  // What HAProxy says against it; empty: it serves it.
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> serve(EdgeProcess& process, std::string name,
                                                                  bool is_listed);
  [[nodiscard]] boost::asio::awaitable<Result<void>> drop(EdgeProcess& process, std::string present);

  EdgePlace place_;
  std::string folder_;
  Stamps seen_;
  bool has_read_ = false;
  std::map<std::string, runtime::CertificateBundle> bundles_;  // by name of the file
  std::map<std::string, runtime::CertificateBundle> served_;   // those that HAProxy has taken over
  std::map<std::string, std::string> refused_;                 // text that it has not → what it said
  std::map<std::string, std::string> challenges_;              // path of the request → answer
  std::map<std::string, std::string> problems_;                // by name of the file
  std::vector<std::string> news_;                              // for operators
  std::string told_;                                           // the process that serves all this
};

}  // namespace teal::haproxy
