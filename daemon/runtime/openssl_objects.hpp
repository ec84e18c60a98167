// OpenSSL's objects with an owner, and a text as it reads one. For whoever reads certificates, keys and signatures.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string_view>

namespace teal::runtime {

template <auto release>
struct OpensslRelease {
  template <class T>
  void operator()(T* owned) const {
    release(owned);
  }
};

inline void release_certificates(STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); }

using OwnedBio = std::unique_ptr<BIO, OpensslRelease<BIO_free_all>>;
using OwnedCertificate = std::unique_ptr<X509, OpensslRelease<X509_free>>;
using OwnedCertificates = std::unique_ptr<STACK_OF(X509), OpensslRelease<release_certificates>>;
using OwnedDigestContext = std::unique_ptr<EVP_MD_CTX, OpensslRelease<EVP_MD_CTX_free>>;
using OwnedKey = std::unique_ptr<EVP_PKEY, OpensslRelease<EVP_PKEY_free>>;
using OwnedNames = std::unique_ptr<GENERAL_NAMES, OpensslRelease<GENERAL_NAMES_free>>;
using OwnedTlsContext = std::unique_ptr<SSL_CTX, OpensslRelease<SSL_CTX_free>>;
using OwnedVerification = std::unique_ptr<X509_STORE_CTX, OpensslRelease<X509_STORE_CTX_free>>;

// Reads from `text`, which must outlive it.
[[nodiscard]] inline OwnedBio open_text(std::string_view text) {
  return OwnedBio{BIO_new_mem_buf(text.data(), static_cast<int>(std::min(text.size(), std::size_t{1} << 30U)))};
}

// For the functions that read PEM, which would else ask for a passphrase on the terminal.
inline int no_passphrase(char* /*passphrase*/, int /*size*/, int /*writes*/, void* /*user*/) { return -1; }

}  // namespace teal::runtime
