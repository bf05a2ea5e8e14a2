#include "notify/post.hpp"

#include <memory>

#include <curl/curl.h>

namespace sluice::notify {
namespace {

struct Free {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, Free>;

void append(List& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  (void)list.release();
  list.reset(longer);
}

std::size_t ignore(char*, std::size_t, std::size_t count, void*) {
  return count;
}

int is_cancelled(void* cancelled, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(cancelled)->load() ? 1 : 0;
}

// Once in the process; the library says that it is safe beside other threads since 7.84.
void initialise() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)done;
}

}  // namespace

Answer post(const std::string& url, std::string_view content_type, const Fields& fields,
            const std::string& body, const std::atomic<bool>& cancelled,
            std::chrono::milliseconds patience) {
  initialise();
  const std::unique_ptr<CURL, Free> curl(curl_easy_init());
  if (!curl) return {0, "out of memory"};
  List headers;
  append(headers, "Content-Type: " + std::string(content_type));
  append(headers, "Expect:");
  for (const auto& [name, value] : fields) append(headers, name + ": " + value);
  CURL* const handle = curl.get();
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "sluice");
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, ignore);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, is_cancelled);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &cancelled);
  const CURLcode done = curl_easy_perform(handle);
  if (done != CURLE_OK) return {0, curl_easy_strerror(done)};
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return {static_cast<unsigned>(status), {}};
}

}  // namespace sluice::notify
